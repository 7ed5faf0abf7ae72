# Completion of defendersync for bash. Load it once with
#   source <(defendersync completion bash)
# or keep it in /etc/bash_completion.d/defendersync.
_defendersync() {
    local line word current="${COMP_WORDS[COMP_CWORD]}" first=0
    local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}") found=()
    # Readline takes a colon for the end of a word; session names have some.
    while [[ "$COMP_WORDBREAKS" == *:* && ${#words[@]} -gt 1 ]]; do
        local n=${#words[@]}
        if [[ "${words[n-1]}" == :* || "${words[n-2]}" == *: ]]; then
            words[n-2]+="${words[n-1]}"
            unset "words[n-1]"
            continue
        fi
        break
    done
    word="${words[${#words[@]}-1]}"
    [[ "$COMP_WORDBREAKS" == *:* && "$word" == *:* ]] && first=$(( ${#word} - ${#current} ))
    [[ "$current" == : ]] && first=${#word}
    while IFS= read -r line; do
        line="${line%%$'\t'*}"
        found+=("$(printf '%q' "${line:first}")")
    done < <(defendersync __complete "${words[@]}" 2>/dev/null)
    COMPREPLY=("${found[@]}")
}
complete -o default -F _defendersync defendersync
