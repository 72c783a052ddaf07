# fish completion for regal-inventory
#
# All that can be completed is worked out by regal-inventory itself, the one in PATH, which runs no program for it.

function __regal_inventory_complete
    set -l answer (command regal-inventory complete fish -- (commandline -cp | string collect) 2>/dev/null </dev/null)
    set -q answer[1]; or return
    if test "$answer[1]" = values
        set -q answer[2]; and printf '%s\n' $answer[2..-1]
        return
    end
    set -l how (string split -m 1 ' ' -- $answer[1])
    set -l before $how[2]
    set -l token (commandline -ct)
    set -l path (string sub -s (math 1 + (string length -- "$before")) -- $token)
    switch $how[1]
        case folders
            printf '%s\n' $before(__fish_complete_directories $path)
        case plans
            printf '%s\n' $before(__fish_complete_path $path | string match -r '^[^\t]*(?:/|\.rollout\.yml)(?:\t.*)?$')
        case '*'
            printf '%s\n' $before(__fish_complete_path $path)
    end
end

complete -c regal-inventory -k -f -a '(__regal_inventory_complete)'
