# Units of our own on the host: real files, so that they are there after a reboot, gone without a trace when they have done their work.

need_systemd() {
  [ -n "$ROOT" ] || [ -d /run/systemd/system ] || fail systemd 'systemd does not run here' \
    'What guards a change on a node is a unit of systemd.'
}

# Started at boot too. By a link of our own: `systemctl enable` would look at presets first.
enable_unit() {
  mkdir -p "$UNITS/multi-user.target.wants" &&
    ln -sf "/etc/systemd/system/$1" "$UNITS/multi-user.target.wants/$1" &&
    persist "$UNITS/multi-user.target.wants" "$UNITS" && systemctl daemon-reload
}

# drop_units NAME …: from inside the unit itself, too; what runs goes on to its end.
drop_units() {
  for each; do
    case $each in *.timer) systemctl stop "$each" 2>/dev/null ;; esac
    rm -f "$UNITS/multi-user.target.wants/$each" "$UNITS/$each"
  done
  persist "$UNITS"
  systemctl daemon-reload
}
