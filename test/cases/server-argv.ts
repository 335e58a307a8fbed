/**
 * What clients start on the far side, and what the guard has to understand of it. Taken from the real rsyncs: 3.2.7 and
 * 3.5.0 send the same, and test/e2e/receiver.test.ts asks those that are here again.
 */
import type { Line } from "./words.ts";

/** Behind `<`: the words that the client sends on standard input. */
type Row = readonly [client: Line, server: Line, understood: string];

export const serverArgvs: Readonly<Record<string, readonly Row[]>> = {
  "a push starts a receiver, a pull a sender": [
    ["-a src/ host:dst", "--server -logDtpre.iLsfxCIvu . dst", "receiver: w dst"],
    ["-a host:src/ dst", "--server --sender -logDtpre.iLsfxCIvu . src/", "sender"],
    ["-an src/ host:dst", "--server -nlogDtpre.iLsfxCIvu . dst", "dry receiver: w dst"],
    ["-an host:src/ dst", "--server --sender -nlogDtpre.iLsfxCIvu . src/", "dry sender"],
    ["-az src/ host:dst", "--server -logDtprze.iLsfxCIvu . dst", "receiver: w dst"],
    ["-az host:src/ dst", "--server --sender -logDtprze.iLsfxCIvu . src/", "sender"],
    ["-aR src/ host:dst", "--server -logDtprRe.iLsfxCIvu . dst", "receiver: w dst"],
    ["-aR host:src/ dst", "--server --sender -logDtprRe.iLsfxCIvu . src/", "sender"],
    ["-a --old-args src/ host:dst", "--server -logDtpre.iLsfxCIvu . dst", "receiver: w dst"],
    ["-a --old-args host:src/ dst", "--server --sender -logDtpre.iLsfxCIvu . src/", "sender"],
    ["-avi src/ host:dst", "--server -vlogDtpre.iLsfxCIvu --log-format=%i . dst", "receiver: w dst"],
    ["-aP src/ host:dst", "--server -logDtpre.iLsfxCIvu --log-format=X --partial . dst", "receiver: w dst"],
    ["-a --stats src/ host:dst", "--server -logDtpre.iLsfxCIvu --stats . dst", "receiver: w dst"],
    ["-aK src/ host:dst", "--server -lKogDtpre.iLsfxCIvu . dst", "receiver: w dst"],
    ["-a --link-dest=../old src/ host:dst", "--server -logDtpre.iLsfxCIvu --link-dest ../old . dst", "receiver: w dst"],
  ],
  "a push tells of deletion, a pull does not": [
    ["-a --delete src/ host:dst", "--server -logDtpre.iLsfxCIvu --delete . dst", "receiver deletes: wd dst"],
    ["-a --delete host:src/ dst", "--server --sender -logDtpre.iLsfxCIvu . src/", "sender"],
    ["-an --delete src/ host:dst", "--server -nlogDtpre.iLsfxCIvu --delete . dst", "dry receiver deletes: wd dst"],
    ["-an --delete host:src/ dst", "--server --sender -nlogDtpre.iLsfxCIvu . src/", "dry sender"],
    [
      "-a --delete-before src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-before . dst",
      "receiver deletes: wd dst",
    ],
    ["-a --del src/ host:dst", "--server -logDtpre.iLsfxCIvu --delete-during . dst", "receiver deletes: wd dst"],
    [
      "-a --delete-during src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-during . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete-delay src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-delay . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete-after src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-after . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete-excluded src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-excluded . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete-after --delete-excluded src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-after --delete-excluded . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete --max-delete=0 --ignore-errors src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --max-delete=-1 --delete --ignore-errors . dst",
      "receiver deletes: wd dst",
    ],
    ["-a --force src/ host:dst", "--server -logDtpre.iLsfxCIvu --force . dst", "receiver deletes: wd dst"],
    ["-a --delete-after host:src/ dst", "--server --sender -logDtpre.LsfxCIvu . src/", "sender"],
    [
      "-a --delete-missing-args src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete-missing-args . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete-missing-args host:src/ dst",
      "--server --sender -logDtpre.iLsfxCIvu --delete-missing-args . src/",
      "sender deletes",
    ],
  ],
  "both tell that source files are removed": [
    [
      "-a --remove-source-files src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --remove-source-files . dst",
      "receiver removes-source: w dst",
    ],
    [
      "-a --remove-source-files host:src/ dst",
      "--server --sender -logDtpre.iLsfxCIvu --remove-source-files . src/",
      "sender removes-source: d source src",
    ],
    [
      "-an --remove-source-files src/ host:dst",
      "--server -nlogDtpre.iLsfxCIvu --remove-source-files . dst",
      "dry receiver removes-source: w dst",
    ],
    [
      "-an --remove-source-files host:src/ dst",
      "--server --sender -nlogDtpre.iLsfxCIvu --remove-source-files . src/",
      "dry sender removes-source: d source src",
    ],
    [
      "-a --remove-sent-files src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --remove-sent-files . dst",
      "receiver removes-source: w dst",
    ],
    [
      "-a --remove-sent-files host:src/ dst",
      "--server --sender -logDtpre.iLsfxCIvu --remove-sent-files . src/",
      "sender removes-source: d source src",
    ],
    [
      "-a --delete --remove-source-files src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --delete --remove-source-files . dst",
      "receiver deletes removes-source: wd dst",
    ],
  ],
  "-M is appended": [
    ["-a -M--delete src/ host:dst", "--server -logDtpre.iLsfxCIvu --delete . dst", "receiver deletes: wd dst"],
    ["-a -M--delete host:src/ dst", "--server --sender -logDtpre.iLsfxCIvu --delete . src/", "sender deletes"],
    [
      "-a -M--remove-source-files src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --remove-source-files . dst",
      "receiver removes-source: w dst",
    ],
    [
      "-a -M--remove-source-files host:src/ dst",
      "--server --sender -logDtpre.iLsfxCIvu --remove-source-files . src/",
      "sender removes-source: d source src",
    ],
    ["-a -M-n src/ host:dst", "--server -logDtpre.iLsfxCIvu -n . dst", "dry receiver: w dst"],
    [
      "-a -M--log-file=F src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --log-file=F . dst",
      "receiver: w dst, w option F",
    ],
    [
      "-a -M--backup-dir=/x -M--force src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --backup-dir=/x --force . dst",
      "receiver deletes: wd dst, w option /x",
    ],
  ],
  "--files-from: a list of the other side's comes on standard input": [
    ["-a --files-from=list src/ host:dst", "--server -logDtpRe.LsfxCIvu . dst", "receiver: w dst"],
    [
      "-a --files-from=list host:src/ dst",
      "--server --sender -logDtpRe.LsfxCIvu --files-from=- --from0 . src/",
      "sender",
    ],
    ["-a --files-from=:list src/ host:dst", "--server -logDtpRe.LsfxCIvu --files-from list . dst", "receiver: w dst"],
    ["-a --files-from=:list host:src/ dst", "--server --sender -logDtpRe.LsfxCIvu --files-from list . src/", "sender"],
    [
      "-a --delete --files-from=list src/ host:dst",
      "--server -ldogDtpRe.LsfxCIvu --no-r --delete . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-a --delete --files-from=list host:src/ dst",
      "--server --sender -logDtpRe.LsfxCIvu --files-from=- --from0 . src/",
      "sender",
    ],
    [
      "-ar --delete --files-from=list src/ host:dst",
      "--server -logDtprRe.iLsfxCIvu --delete . dst",
      "receiver deletes: wd dst",
    ],
  ],
  "paths that options write to": [
    [
      "-a --delete --backup-dir=../b src/ host:dst",
      "--server -blogDtpre.iLsfxCIvu --backup-dir ../b --delete . dst",
      "receiver deletes: wd dst, w option b",
    ],
    [
      "-a --temp-dir=/t --partial-dir=/p src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --partial-dir /p --temp-dir /t . dst",
      "receiver: w dst, w option /p, w option /t",
    ],
  ],
  "these change nothing there": [
    ["-a --list-only src/ host:dst", "--server -logDtpre.iLsfxCIvu --list-only . dst", "receiver: w dst"],
    ["-a --list-only host:src/ dst", "--server --sender -logDtpre.iLsfxCIvu --list-only . src/", "sender"],
    [
      "-a --only-write-batch=B src/ host:dst",
      "--server -logDtpre.iLsfxCIvu --only-write-batch=X . dst",
      "receiver: w dst, w option X, w option X.sh",
    ],
  ],
  "below protocol 30 nothing is said of what the client can do": [
    ["-a --protocol=20 src/ host:dst", "--server -logDtpr . dst", "receiver: w dst"],
    ["-a --protocol=20 host:src/ dst", "--server --sender -logDtpr . src/", "sender"],
    ["-an --delete --protocol=20 src/ host:dst", "--server -nlogDtpr --delete . dst", "dry receiver deletes: wd dst"],
    ["-an --delete --protocol=20 host:src/ dst", "--server --sender -nlogDtpr . src/", "dry sender"],
    ["-a --protocol=27 src/ host:dst", "--server -logDtpr . dst", "receiver: w dst"],
    ["-a --protocol=27 host:src/ dst", "--server --sender -logDtpr . src/", "sender"],
    ["-an --delete --protocol=27 src/ host:dst", "--server -nlogDtpr --delete . dst", "dry receiver deletes: wd dst"],
    ["-an --delete --protocol=27 host:src/ dst", "--server --sender -nlogDtpr . src/", "dry sender"],
    ["-a --protocol=28 src/ host:dst", "--server -logDtpr . dst", "receiver: w dst"],
    ["-a --protocol=28 host:src/ dst", "--server --sender -logDtpr . src/", "sender"],
    ["-an --delete --protocol=28 src/ host:dst", "--server -nlogDtpr --delete . dst", "dry receiver deletes: wd dst"],
    ["-an --delete --protocol=28 host:src/ dst", "--server --sender -nlogDtpr . src/", "dry sender"],
    ["-a --protocol=29 src/ host:dst", "--server -logDtpr . dst", "receiver: w dst"],
    ["-a --protocol=29 host:src/ dst", "--server --sender -logDtpr . src/", "sender"],
    ["-an --delete --protocol=29 src/ host:dst", "--server -nlogDtpr --delete . dst", "dry receiver deletes: wd dst"],
    ["-an --delete --protocol=29 host:src/ dst", "--server --sender -nlogDtpr . src/", "dry sender"],
    [
      "-azR --protocol=29 --delete-excluded src/ host:dst",
      "--server -logDtprRz --delete-excluded . dst",
      "receiver deletes: wd dst",
    ],
    ["--protocol=29 src/f host:dst", "--server . dst", "receiver: w dst"],
  ],
  "and from 30 on it always is": [
    ["-a --protocol=30 src/ host:dst", "--server -logDtpre.iLsfxCIvu . dst", "receiver: w dst"],
    [
      "-an --delete --protocol=30 src/ host:dst",
      "--server -nlogDtpre.iLsfxCIvu --delete . dst",
      "dry receiver deletes: wd dst",
    ],
    ["-a --protocol=31 src/ host:dst", "--server -logDtpre.iLsfxCIvu . dst", "receiver: w dst"],
    [
      "-an --delete --protocol=31 src/ host:dst",
      "--server -nlogDtpre.iLsfxCIvu --delete . dst",
      "dry receiver deletes: wd dst",
    ],
    ["-a --protocol=32 src/ host:dst", "--server -logDtpre.iLsfxCIvu . dst", "receiver: w dst"],
    [
      "-an --delete --protocol=32 src/ host:dst",
      "--server -nlogDtpre.iLsfxCIvu --delete . dst",
      "dry receiver deletes: wd dst",
    ],
    ["src/f host:dst", "--server -e.LsfxCIvu . dst", "receiver: w dst"],
    ["-a --protocol=30 host:src/ dst", "--server --sender -logDtpre.iLsfxCIvu . src/", "sender"],
  ],
  "paths, as they are before the remote shell reads them": [
    ["-a src/ host:", "--server -logDtpre.iLsfxCIvu . .", "receiver: w ."],
    ["-a src/ host:-x", "--server -logDtpre.iLsfxCIvu . ./-x", "receiver: w -x"],
    ["-a src/ host:~/x", "--server -logDtpre.iLsfxCIvu . ~/x", "receiver: w ~/x"],
    ["-a src/ host:d*", "--server -logDtpre.iLsfxCIvu . d*", "receiver: w d*"],
    ["-a src host:a//b/../c/", "--server -logDtpre.iLsfxCIvu . a//b/../c/", "receiver: w a/c"],
    [["-a", "src/", "host:my dir"], ["--server", "-logDtpre.iLsfxCIvu", ".", "my\\ dir"], "receiver: w my\\ dir"],
    [
      ["-a", "--old-args", "src/", "host:my dir"],
      ["--server", "-logDtpre.iLsfxCIvu", ".", "my dir"],
      "receiver: w my dir",
    ],
    [
      ["-a", "--delete", "--backup-dir=my b", "src/", "host:dst"],
      ["--server", "-blogDtpre.iLsfxCIvu", "--backup-dir", "my\\ b", "--delete", ".", "dst"],
      "receiver deletes: wd dst",
    ],
    ["-a host:a host:b* :c dst", "--server --sender -logDtpre.iLsfxCIvu . a b* c", "sender"],
  ],
  "-s: the rest comes on standard input": [
    ["-as src/ host:dst", "--server -slogDtpre.iLsfxCIvu < rsync . dst", "receiver: w dst"],
    ["-as host:src/ dst", "--server --sender -slogDtpre.iLsfxCIvu < rsync . src/", "sender"],
    ["-asn src/ host:dst", "--server -snlogDtpre.iLsfxCIvu < rsync . dst", "dry receiver: w dst"],
    ["-asn host:src/ dst", "--server --sender -snlogDtpre.iLsfxCIvu < rsync . src/", "dry sender"],
    ["-as --delete src/ host:dst", "--server -slogDtpre.iLsfxCIvu < rsync --delete . dst", "receiver deletes: wd dst"],
    ["-as --delete host:src/ dst", "--server --sender -slogDtpre.iLsfxCIvu < rsync . src/", "sender"],
    [
      "-asn --delete src/ host:dst",
      "--server -snlogDtpre.iLsfxCIvu < rsync --delete . dst",
      "dry receiver deletes: wd dst",
    ],
    ["-asn --delete host:src/ dst", "--server --sender -snlogDtpre.iLsfxCIvu < rsync . src/", "dry sender"],
    ["-as --protocol=29 src/ host:dst", "--server -slogDtpr < rsync . dst", "receiver: w dst"],
    ["-as --protocol=29 host:src/ dst", "--server --sender -slogDtpr < rsync . src/", "sender"],
    [
      "-as --remove-source-files src/ host:dst",
      "--server -slogDtpre.iLsfxCIvu < rsync --remove-source-files . dst",
      "receiver removes-source: w dst",
    ],
    [
      "-as --remove-source-files host:src/ dst",
      "--server --sender -slogDtpre.iLsfxCIvu < rsync --remove-source-files . src/",
      "sender removes-source: d source src",
    ],
    [
      "-as --delete --files-from=list src/ host:dst",
      "--server -sldogDtpRe.LsfxCIvu < rsync --no-r --delete . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-as --delete --files-from=list host:src/ dst",
      "--server --sender -slogDtpRe.LsfxCIvu < rsync --files-from=- --from0 . src/",
      "sender",
    ],
    [
      "-as --files-from=:list src/ host:dst",
      "--server -slogDtpRe.LsfxCIvu < rsync --files-from list . dst",
      "receiver: w dst",
    ],
    [
      "-as --files-from=:list host:src/ dst",
      "--server --sender -slogDtpRe.LsfxCIvu < rsync --files-from list . src/",
      "sender",
    ],
    [
      "-as -M--delete src/ host:dst",
      "--server -slogDtpre.iLsfxCIvu < rsync --delete . dst",
      "receiver deletes: wd dst",
    ],
    [
      "-as -M--delete host:src/ dst",
      "--server --sender -slogDtpre.iLsfxCIvu < rsync --delete . src/",
      "sender deletes",
    ],
    [
      "-asn --delete --protocol=29 src/ host:dst",
      "--server -snlogDtpr < rsync --delete . dst",
      "dry receiver deletes: wd dst",
    ],
    [
      "-az --secluded-args --iconv=utf8,latin1 src/ host:dst",
      "--server -slogDtprze.iLsfxCIvu --iconv=latin1 < rsync . dst",
      "receiver: w dst",
    ],
    [
      ["-as", "src/", "host:my dir"],
      ["--server", "-slogDtpre.iLsfxCIvu", "<", "rsync", ".", "my dir"],
      "receiver: w my dir",
    ],
    [
      ["-as", "--delete", "--backup-dir=my b", "src/", "host:dst"],
      ["--server", "-sblogDtpre.iLsfxCIvu", "<", "rsync", "--backup-dir", "my b", "--delete", ".", "dst"],
      "receiver deletes: wd dst",
    ],
    ["-as src/ host:", "--server -slogDtpre.iLsfxCIvu < rsync . .", "receiver: w ."],
    ["-as src/ host:~/x", "--server -slogDtpre.iLsfxCIvu < rsync . ~/x", "receiver: w ~/x"],
    ["-as src/ host:-x", "--server -slogDtpre.iLsfxCIvu < rsync . ./-x", "receiver: w -x"],
    ["-s src/f host:dst", "--server -se.LsfxCIvu < rsync . dst", "receiver: w dst"],
    ["-s --protocol=29 src/f host:dst", "--server -s < rsync . dst", "receiver: w dst"],
    ["-as host:a host:b :c dst", "--server --sender -slogDtpre.iLsfxCIvu < rsync . a b c", "sender"],
  ],
};
