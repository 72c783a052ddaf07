# bash completion for regal-inventory
#
# All that can be completed is worked out by regal-inventory itself, the one in PATH, which runs no program for it.

_regal_inventory() {
    local -a answer=()
    local line how
    COMPREPLY=()
    if [ "${BASH_VERSINFO[0]}" -ge 4 ]; then
        mapfile -t answer < <(command regal-inventory complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null)
    else
        while IFS= read -r line; do
            answer+=("$line")
        done < <(command regal-inventory complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null)
    fi
    how=${answer[0]-}
    case $how in
    values)
        COMPREPLY=("${answer[@]:1}")
        # What goes on in the same word.
        case ${COMPREPLY[0]-} in
        *[=:,/]) [ "${#COMPREPLY[@]}" != 1 ] || compopt -o nospace 2>/dev/null ;;
        esac
        ;;
    "folders "*) compopt -o dirnames 2>/dev/null ;;
    "plans "*)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -X '!*.rollout.yml' -- "$2"; compgen -d -- "$2")
        [ "${#COMPREPLY[@]}" != 0 ] || compopt -o default 2>/dev/null
        ;;
    "files "*) compopt -o default 2>/dev/null ;;
    esac
}

complete -o nosort -F _regal_inventory regal-inventory 2>/dev/null || complete -F _regal_inventory regal-inventory
