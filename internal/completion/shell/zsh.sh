#compdef defendersync
# Completion of defendersync for zsh. Load it once, after compinit, with
#   source <(defendersync completion zsh)
# or keep it as _defendersync in a folder of $fpath.
_defendersync() {
    local line
    local -a found
    for line in "${(@f)$(defendersync __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n "$line" ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( ${#found} )); then
        _describe defendersync found
    else
        _files
    fi
}
if [[ "$funcstack[1]" == _defendersync ]]; then
    _defendersync "$@"
else
    compdef _defendersync defendersync
fi
