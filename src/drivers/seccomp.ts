/**
 * System calls that no isolated task needs and that reach past its isolation: they load code into the kernel, change the
 * machine's clock, swap, mounts or name spaces, open files past the mounts, or have been a way out of containers. These
 * are the calls that Docker's default profile denies to a container without further capabilities.
 */
const denied: readonly string[] = [
  ...["acct", "nfsservctl", "quotactl", "quotactl_fd", "reboot", "swapoff", "swapon", "syslog", "vhangup"],
  ...["create_module", "delete_module", "finit_module", "get_kernel_syms", "init_module", "query_module"],
  ...["_sysctl", "ioperm", "iopl", "kexec_file_load", "kexec_load", "sysfs", "uselib", "ustat", "vm86", "vm86old"],
  ...["clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64", "settimeofday", "stime"],
  ...["chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree"],
  ...["pivot_root", "umount", "umount2", "fanotify_init", "name_to_handle_at", "open_by_handle_at"],
  ...["setdomainname", "sethostname", "setns", "unshare"],
  ...["add_key", "keyctl", "request_key", "bpf", "kcmp", "lookup_dcookie", "perf_event_open", "userfaultfd"],
  ...["get_mempolicy", "mbind", "migrate_pages", "move_pages", "set_mempolicy", "set_mempolicy_home_node"],
  ...["io_uring_enter", "io_uring_register", "io_uring_setup", "pidfd_getfd", "process_madvise"],
];

/** Flags of `clone` that make name spaces: mount, control groups, host name, ipc, users, processes, network. */
const nameSpaceFlags = [
  ...[0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000],
  ...[0x1000_0000, 0x2000_0000, 0x4000_0000],
];

/** Sockets to the hypervisor of a virtual machine, which know nothing of network name spaces. */
const vsockFamily = 40;
const notImplemented = 38;
const notPermitted = 1;

/**
 * The filter of system calls for isolated tasks, as the `linux.seccomp` of an OCI bundle. Calls of the other
 * instruction sets that the machines we know of understand are filtered alike.
 */
export const seccompFilter = {
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  syscalls: [
    refused(denied),
    ...nameSpaceFlags.map((flag) => refused(["clone"], { op: "SCMP_CMP_MASKED_EQ", value: flag, valueTwo: flag })),
    // Its flags are in memory, where no filter can look: without it the C library falls back on `clone`.
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: notImplemented },
    refused(["socket"], { op: "SCMP_CMP_EQ", value: vsockFamily }),
  ],
};

function refused(names: readonly string[], firstArgument?: object): object {
  const args = firstArgument === undefined ? [] : [{ index: 0, ...firstArgument }];
  return { names, action: "SCMP_ACT_ERRNO", errnoRet: notPermitted, args };
}
