/* SPDX-License-Identifier: MIT */
/*
 * How a guard prints what its script has printed.
 *
 * As it is, where Azure returns all of it. Else as azure/payload says: first everything is tried,
 * but no more than the ends of a flood; then ends that get shorter, or longer again, by what the
 * last try came to, until the room is nearly full. The files may grow all the time, so all sizes
 * are those of the beginning.
 */
#include "azure/guard_shell.h"
#include "azure/payload.h"
#include "base/buffer.h"
#include "job/limits.h"

enum {
    LINE_MOST = 80,                             /* "azfan:NONCE gzip KEEP OUTPUT ERRORS\n" */
    TRAILER_MOST = 136,                         /* the trailer, with its newlines */
    OUTPUT_MOST = LIMITS_STREAM - TRAILER_MOST, /* of standard output, besides the trailer */
    ERRORS_MOST = LIMITS_STREAM - 1,            /* a full stream says that it was cut */
    FIRST = OUTPUT_MOST - LINE_MOST,            /* of base64, on standard output */
    SECOND = ERRORS_MOST - LINE_MOST / 2 - 5,   /* on standard error, whose line is shorter */
    PACKED = (FIRST + SECOND) / 4 * 3,
    NEARLY = PACKED - PACKED / 20,
    AIMED = PACKED - PACKED / 40,
    END_MOST = 512 * 1024 /* of a flood, each end */
};

/* Bytes of each end that may be of use. */
static size_t longest_end(const struct guard *guard)
{
    size_t half = guard->job->output_limit / 2;

    return half > 0 && half < END_MOST ? half : END_MOST;
}

/*
 * 7 and 8 are the files of the script's streams, open to be read, and 9 is the guard's own standard
 * error. A file is opened anew for each look at it, since looking moves the place in it; a script
 * may have removed its name. Numbers stay small, for a shell may have no more than 32 bits.
 */
static const char sh_pick[] =
    "# Of the stream in $1, which has $2 bytes: all of it, or both ends.\n"
    "pick() {\n"
    "    if [ \"$2\" -le $((2 * keep)) ]; then\n"
    "        head -c \"$2\" <\"/proc/self/fd/$1\"\n"
    "    else\n"
    "        head -c \"$keep\" <\"/proc/self/fd/$1\"\n"
    "        tail -c \"+$(($2 - keep + 1))\" <\"/proc/self/fd/$1\" | head -c \"$keep\"\n"
    "    fi\n"
    "}\n"
    "pack() {\n"
    "    { pick 7 \"$output\"; pick 8 \"$errors\"; } | gzip -9c\n"
    "}\n"
    "# Of standard input, what has $1 bytes; where nobody can say that, its end, and more of it "
    "than\n"
    "# Azure returns.\n"
    "show() {\n"
    "    if [ \"$1\" ]; then head -c \"$1\"; else tail -c 65536 | head -c 65536; fi\n"
    "}\n"
    "announce() {\n"
    "    printf 'azfan:%s %s\\n' \"$azfan_nonce\" \"$*\"\n"
    "}\n"
    "\n"
    "# What the script has printed until now. What Azure has no room for is compressed.\n"
    "print_output() {\n"
    "    output=$(wc -c </proc/self/fd/7) && errors=$(wc -c </proc/self/fd/8) || output='' "
    "errors=''\n";

/* Also where nobody can say how long they are. */
static const char sh_plain[] =
    "    if [ \"${output:-0}\" -le %d ] && [ \"${errors:-0}\" -le %d ]; then\n"
    "        show \"$output\" <&7\n"
    "        show \"$errors\" <&8 >&9\n"
    "        return\n"
    "    fi\n";

/* Everything up to $low fits, and nothing from $high on. */
static const char sh_try[] =
    "    high=%zu low=0 packed=0\n"
    "    [ \"$output\" -gt $high ] || [ \"$errors\" -gt $high ] || "
    "high=$(((output + errors + 1) / 2))\n"
    "    keep=$high\n"
    "    for try in 1 2 3 4 5 6 7 8; do\n"
    "        size=$(pack | wc -c)\n"
    "        if [ \"$size\" -gt %d ]; then\n"
    "            high=$keep\n"
    "        else\n"
    "            low=$keep packed=$size\n"
    "            [ \"$size\" -lt %d ] && [ \"$low\" -lt \"$high\" ] || break\n"
    "        fi\n"
    "        keep=$((keep * %d / (size / 100 + 1)))\n"
    "        [ \"$low\" -lt \"$keep\" ] && [ \"$keep\" -lt \"$high\" ] || "
    "keep=$(((low + high) / 2))\n"
    "    done\n"
    "    keep=$low\n";

static const char sh_print[] =
    "    if payload=$(pack | base64 | tr -d '\\n') && [ \"$packed\" -gt 0 ] &&\n"
    "        [ \"${#payload}\" -eq $(((packed + 2) / 3 * 4)) ]; then\n"
    "        announce " PAYLOAD_GZIP " \"$keep\" \"$output\" \"$errors\"\n"
    "        echo \"$payload\" | head -c %d\n"
    "        { announce " PAYLOAD_GZIP "; echo \"$payload\" | tail -c +%d; } >&9\n"
    "    else\n"
    "        announce " PAYLOAD_TAIL " %d \"$output\" \"$errors\"\n"
    "        tail -c %d <&7 | head -c %d\n"
    "        tail -c %d <&8 | head -c %d >&9\n"
    "    fi\n"
    "}\n"
    "\n";

void guard_sh_write_output(struct buffer *buffer, const struct guard *guard)
{
    buffer_add(buffer, sh_pick);
    buffer_print(buffer, sh_plain, OUTPUT_MOST, ERRORS_MOST);
    buffer_print(buffer, sh_try, longest_end(guard), PACKED, NEARLY, AIMED / 100);
    buffer_print(buffer, sh_print, FIRST, FIRST + 1, FIRST, FIRST, FIRST, FIRST, FIRST);
}

/*
 * $readers are the files, and may grow. What is not ASCII is compressed however short it is: nobody
 * knows in which code page the guard's own output is written, and read. The search is that of sh,
 * and ends when something fits.
 */
static const char powershell_plain[] =
    " $sizes = $readers.ForEach('Length')\n"
    " if ($sizes[0] -le %d -and $sizes[1] -le %d) {\n"
    "  $texts = $readers.ForEach({ [IO.StreamReader]::new($_).ReadToEnd() })\n"
    " }\n"
    " if (-not $texts -or \"$texts\" -match '[^\\x01-\\x7f]') {\n"
    "  $low, $best = 0, $null\n"
    "  $keep = $high = [Math]::Min(%zu, ($sizes[0] + $sizes[1] + 1) -shr 1)\n";

static const char powershell_try[] =
    "  for ($try = 8; $try -gt 0 -or -not $best; $try--) {\n"
    "   $packed = [IO.MemoryStream]::new()\n"
    "   $gzip = [IO.Compression.GZipStream]::new($packed, [IO.Compression.CompressionMode]1)\n"
    "   foreach ($i in 0, 1) {\n"
    "    $file, $size = $readers[$i], $sizes[$i]\n"
    "    $part = [byte[]]::new([Math]::Min($size, 2 * $keep))\n"
    "    $file.Position = 0\n"
    "    [void]$file.Read($part, 0, $part.Length)\n"
    "    if ($size -gt $part.Length) {\n"
    "     $file.Position = $size - $keep\n"
    "     [void]$file.Read($part, $keep, $keep)\n"
    "    }\n"
    "    $gzip.Write($part, 0, $part.Length)\n"
    "   }\n"
    "   $gzip.Dispose()\n"
    "   $packed = $packed.ToArray()\n"
    "   if ($packed.Length -gt %d) { $high = $keep } else {\n"
    "    $low, $best = $keep, $packed\n"
    "    if ($packed.Length -ge %d -or $low -ge $high) { break }\n"
    "   }\n"
    "   $keep = [int]($keep * %d / $packed.Length)\n"
    "   if ($keep -le $low -or $keep -ge $high) { $keep = ($low + $high) -shr 1 }\n"
    "  }\n";

static const char powershell_print[] =
    "  $texts = [Convert]::ToBase64String($best) -split '(?<=^.{%d})'\n"
    "  $line = \"azfan:$azfan_nonce " PAYLOAD_GZIP "\"\n"
    "  $texts = \"$line $low $sizes`n$($texts[0])\", \"$line`n$($texts[1])\"\n"
    " }\n"
    " [Console]::Out.Write($texts[0])\n"
    " [Console]::Error.Write($texts[1])\n";

void guard_powershell_write_output(struct buffer *buffer, const struct guard *guard)
{
    buffer_print(buffer, powershell_plain, OUTPUT_MOST, ERRORS_MOST, longest_end(guard));
    buffer_print(buffer, powershell_try, PACKED, NEARLY, AIMED);
    buffer_print(buffer, powershell_print, FIRST);
}
