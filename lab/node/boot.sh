#!/bin/sh
# The first process of a lab node: turns fresh namespaces into a machine, and becomes its systemd.
#
#   boot.sh RECORD DISK    (cgroups to mount on stdin, see cgroup.ts)
#
# It runs in new mount, PID, UTS, IPC, cgroup and network namespaces. Nothing of the host stays writable: the
# root is a folder of the node's own, entered with pivot_root, so that even `rm -rf /` or systemd-tmpfiles,
# which empties /tmp at boot, stay inside.
set -eu
record=$1 disk=$2
root=$disk/root

# /proc is still the host's here, so this is our process id as the host sees it. First of all, so that a lab
# that fails at any later point can be taken down.
read -r pid _ < /proc/self/stat
started=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)
echo "$pid $started" > "$record"

mount --make-rprivate /
hostname "$(cat "$disk/hostname")"
mount --bind "$root" "$root"
for dir in etc usr; do
  mount -t overlay -o "lowerdir=$(cat "$disk/$dir.lower"),upperdir=$disk/$dir.upper,workdir=$disk/$dir.work" \
    overlay "$root/$dir"
done
# The node's own containerd state lies on the disk itself: an overlay cannot be the upper layer of another.
mkdir -p "$root/var/lib/dpkg"
mount --bind /var/lib/dpkg "$root/var/lib/dpkg"
mount -o remount,bind,ro "$root/var/lib/dpkg"

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# Of the kernel's settings a node changes only those of its own network namespace; all others are the host's.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
for file in sysrq-trigger irq bus; do
  [ -e "$root/proc/$file" ] || continue
  mount --bind "$root/proc/$file" "$root/proc/$file"
  mount -o remount,bind,ro "$root/proc/$file"
done

mount -t sysfs -o nosuid,nodev,noexec sysfs "$root/sys"
read -r first
if [ "$first" = unified ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  while
    dir=${first%% *} options=${first#* }
    mkdir "$root/sys/fs/cgroup/$dir"
    mount -t cgroup -o "$options" cgroup "$root/sys/fs/cgroup/$dir"
    case $dir in *,*) for name in $(echo "$dir" | tr , ' '); do ln -s "$dir" "$root/sys/fs/cgroup/$name"; done ;; esac
    read -r first
  do :; done
fi

mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
cd "$root/dev"
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0' 'kmsg 1 11' 'fuse 10 229' 'net/tun 10 200'; do
  set -- $device
  mkdir -p "$(dirname "$1")"
  mknod -m 666 "$1" c "$2" "$3"
done
mkdir pts shm mqueue
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs shm
mount -t mqueue mqueue mqueue
ln -s pts/ptmx ptmx
ln -s /proc/self/fd fd
ln -s fd/0 stdin; ln -s fd/1 stdout; ln -s fd/2 stderr
ln -s null console

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mkdir -p "$root/run/lock"
# The kernel has one boot id; kubelet and others tell a reboot by it. systemd-nspawn does the same.
cat /proc/sys/kernel/random/uuid > "$root/run/boot_id"
mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"

cd "$root"
mkdir -p .host
pivot_root . .host
cd /
umount -l /.host
rmdir /.host
# kubelet and the CNI's agents need mounts to pass between containers and the node.
mount --make-rshared /

exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set -sys_time,-sys_module --inh-caps -sys_time,-sys_module \
  /lib/systemd/systemd --unit=multi-user.target </dev/null
