#compdef regal-inventory
# zsh completion for regal-inventory
#
# All that can be completed is worked out by regal-inventory itself, the one in PATH, which runs no program for it.

_regal-inventory() {
    local -a answer values shown open shown_open
    local how line value what
    answer=("${(@f)$(command regal-inventory complete zsh -- "${(@)words[1,CURRENT-1]}" "$QIPREFIX$PREFIX" 2>/dev/null </dev/null)}")
    how=$answer[1]
    case $how in
    values)
        for line in "${(@)answer[2,-1]}"; do
            value=${line%%$'\t'*}
            what=${line#*$'\t'}
            # What goes on in the same word gets no blank.
            case $value in
            *[=:,/]) open+=("$value") shown_open+=("$value${what:+  -- $what}") ;;
            ?*) values+=("$value") shown+=("$value${what:+  -- $what}") ;;
            esac
        done
        if [[ -n "${shown[1]-}" && "${shown[1]}" != "${values[1]}" ]]; then
            compadd -l -V names -d shown -a values
        else
            compadd -V names -a values
        fi
        compadd -V more -S '' -d shown_open -a open
        ;;
    *' '*)
        what=${how#* }
        [[ -z $what ]] || compset -P "${(b)what}"
        case $how in
        folders*) _files -/ ;;
        plans*) _files -g '*.rollout.yml(-.)' ;;
        *) _files ;;
        esac
        ;;
    esac
}

if [ "$funcstack[1]" = "_regal-inventory" ]; then
    _regal-inventory "$@"
else
    compdef _regal-inventory regal-inventory
fi
