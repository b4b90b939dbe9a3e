#!/bin/sh
# assettui @VERSION@, @PLATFORM@. What follows these lines is an archive, which is unpacked once, into the user's cache.
id=@ID@
cache=${ASSETTUI_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/assettui}
[ -x "$cache/$id/assettui" ] && exec "$cache/$id/assettui" "$@"
me=$0
tried=
unpack() { # into a folder of ours that nobody else can write to, whole or not at all
    base=$1
    [ -x "$base/$id/assettui" ] && [ -O "$base" ] && return 0
    tried="$tried
    $base"
    (umask 077 && mkdir -p "$base") 2>/dev/null && [ -O "$base" ] && [ ! -L "$base" ] || return 1
    part=$base/.$id.$$
    (umask 077 && mkdir "$part") 2>/dev/null || return 1
    if tail -c +@OFFSET@ "$me" | tar -xzf - -C "$part" 2>/dev/null && "$part/$id/assettui" --version >/dev/null 2>&1; then
        mv "$part/$id" "$base/" 2>/dev/null # another start may have been quicker: its folder is as good
    fi
    rm -rf "$part"
    [ -x "$base/$id/assettui" ]
}
user=$(id -u)
for base in "$cache" "/var/tmp/assettui-$user" "${TMPDIR:-/tmp}/assettui-$user"; do
    if unpack "$base"; then
        ASSETTUI_UNPACKED=1
        export ASSETTUI_UNPACKED
        exec "$base/$id/assettui" "$@"
    fi
done
echo "assettui: it unpacks itself once (@SIZE@ MB), into a folder that is yours, on a file system that runs programs; none of these is:$tried
    set ASSETTUI_CACHE to one that is, or make room there" >&2
exit 1
