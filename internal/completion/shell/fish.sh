# Completion of defendersync for fish. Load it once with
#   defendersync completion fish | source
# or keep it as ~/.config/fish/completions/defendersync.fish.
function __defendersync_complete
    set -l words (commandline -opc)
    defendersync __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c defendersync -f -n 'count (__defendersync_complete) >/dev/null' -a '(__defendersync_complete)'
