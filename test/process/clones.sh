#!/usr/bin/env bash
# The README's two commands in fresh clones, as a newcomer meets them: as root in a folder whose path has a space, as root under a home only root may
# enter, and as a plain user. In each the hub is started twice, the second time after kill -9 of everything it had started.
#
#   test/process/clones.sh [--test] [variant ...]     variants: space home user; --test also runs npm test in each
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
specs=${TORG_SPECS:-$repository/../shared/specs}
with_tests=false
variants=()
for argument; do [[ $argument == --test ]] && with_tests=true || variants+=("$argument"); done
((${#variants[@]})) || variants=(space home user)
((EUID == 0)) || { echo 'Run it as root: it needs another user, and a home of root alone.' >&2; exit 1; }

work=$(mktemp -d /tmp/torg-clones.XXXXXX)
chmod 755 "$work"
user=torg-clone
made_user=false
cleanup() {
  group=$(cat "$work/group" 2>/dev/null || true)
  [[ -z $group ]] || kill -9 -- "-$group" 2>/dev/null || true
  if $made_user; then
    pkill -9 -u "$user" || true
    userdel -r "$user" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

port=${TORG_CLONES_PORT:-18470}
curl -s -o /dev/null "http://127.0.0.1:$port/" && { echo "Something listens on port $port already." >&2; exit 1; }
# Runs a command in the clone as its user, in a process group of its own, with nothing of this shell's environment but what a login has.
in_clone() { # variant command...
  local variant=$1; shift
  local run=(env -i "HOME=$home" "PATH=$path" "TORG_PORT=$port" "TORG_SPECS=$specs" LANG=C.UTF-8)
  # Networks with certificates of their own.
  [[ -z ${NODE_EXTRA_CA_CERTS:-} ]] || run+=("NODE_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS")
  [[ $variant != user ]] || run=(runuser -u "$user" -- "${run[@]}")
  (cd "$clone" && exec setsid --wait bash -c 'echo $$ >"$0"; exec "$@"' "$work/group" "${run[@]}" "$@")
}

deliveries() { # at least two orders or contacts in each of the three systems, in this life
  local text
  text=$(curl -sf "http://127.0.0.1:$port/metrics") || return 1
  for system in erp crm store; do
    grep -Eq "^torg_runs_total\{lane=\"$system.out\",outcome=\"done\"\} ([2-9]|[0-9]{2,})" <<<"$text" || return 1
  done
}

start_and_watch() { # variant log
  rm -f "$work/group"
  in_clone "$1" npm start >"$2" 2>&1 &
  local started=$!
  for _ in $(seq 240); do
    group=$(cat "$work/group" 2>/dev/null || true)
    deliveries && return 0
    kill -0 "$started" 2>/dev/null || { echo "npm start ended:"; cat "$2"; return 1; }
    sleep 0.5
  done
  echo 'Nothing was delivered within two minutes:'; cat "$2"; return 1
}

for variant in "${variants[@]}"; do
  path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  case $variant in
    space) home=/root; clone="$work/a folder/torg" ;;
    home) home="$work/home"; clone="$home/torg"; mkdir -m 700 "$home" ;;
    user)
      useradd --create-home --home-dir "$work/user" "$user"
      made_user=true
      home="$work/user"; clone="$home/torg"
      # A newer Node than the system's, as its own node.
      mkdir -p "$home/bin" && cp -L "$repository/node_modules/.bin/node" "$home/bin/node" && chmod -R a+rX "$home/bin"
      path="$home/bin:$path" ;;
    *) echo "No such variant: $variant" >&2; exit 1 ;;
  esac
  mkdir -p "$(dirname "$clone")"
  git clone --quiet "file://$repository" "$clone"
  [[ $variant != user ]] || chown -R "$user" "$home"
  echo "== $variant: $clone, node $(PATH=$path node --version)"
  in_clone "$variant" npm install >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }

  start_and_watch "$variant" "$work/first.log"
  grep -E '"level":"(warn|error|fatal)"|WARN|ERROR|FATAL' "$work/first.log" && { echo 'The first start warned.'; exit 1; }
  # Everything: npm, the hub, and the PostgreSQL in its own group.
  kill -9 -- "-$group"
  kill -9 "$(head -n 1 "$clone/flows/.torg/postgres/data/postmaster.pid")"
  wait || true
  start_and_watch "$variant" "$work/second.log"
  grep -E '"level":"(error|fatal)"|ERROR|FATAL' "$work/second.log" && { echo 'The second start failed in part.'; exit 1; }
  kill -INT -- "-$group"
  wait || true
  rm "$work/group"
  sleep 1
  if pgrep -f "$clone" >/dev/null; then echo 'Left running:'; pgrep -af "$clone"; exit 1; fi
  if $with_tests; then
    in_clone "$variant" npm test >"$work/test.log" 2>&1 || { tail -100 "$work/test.log"; exit 1; }
    tail -1 "$work/test.log"
  fi
  git -c safe.directory='*' -C "$clone" status --short | grep . && { echo 'Start or test changed the clone.'; exit 1; }
  # As root the database lives in a system folder.
  elsewhere=$(readlink "$clone/flows/.torg/postgres" || true)
  rm -rf "$clone" ${elsewhere:+"$elsewhere"}
  echo "== $variant: ok"
done
