// Package ext stands in for a module of Traefik's that lies inside its repository and is on no module proxy: places for more options,
// which the open-source edition leaves empty.
package ext

type HTTP struct{}

type Router struct{}
