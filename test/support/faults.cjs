// node --require: the FAULT_AT-th change that a program makes to the disk is its last (as kill -9), or fails (FAULT=ENOSPC).
// Only in a process that has the word FAULT_IN among its arguments, if that is set.
const fs = require("node:fs");
const processes = require("node:child_process");

const { FAULT = "kill", FAULT_AT, FAULT_IN } = process.env;
const isMeant = !FAULT_IN || process.argv.includes(FAULT_IN);
let changes = 0;

const isNow = () => isMeant && ++changes === Number(FAULT_AT);

function fault(syscall) {
  if (FAULT === "kill") process.kill(process.pid, "SIGKILL");
  throw Object.assign(new Error(`${FAULT}: made up, ${syscall}`), { code: FAULT, syscall });
}

for (const name of ["mkdirSync", "renameSync", "linkSync", "chmodSync", "rmSync", "fsyncSync"]) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (isNow()) fault(name);
    return real(...args);
  };
}

const { openSync, writeFileSync } = fs;
fs.openSync = (path, flags, ...rest) => {
  if (/[wa]/.test(String(flags)) && isNow()) fault("open");
  return openSync(path, flags, ...rest);
};
fs.writeFileSync = (file, data, ...rest) => {
  if (isNow()) fault("write");
  // a disk gets full, and a process is killed, in the middle of a file
  if (isNow()) {
    writeFileSync(file, data.slice(0, data.length / 2), ...rest);
    fault("write");
  }
  return writeFileSync(file, data, ...rest);
};

const { spawnSync } = processes;
processes.spawnSync = (command, args, ...rest) => {
  if (args.some((word) => word === "--add" || word === "--remove") && isNow()) fault(command);
  return spawnSync(command, args, ...rest);
};
