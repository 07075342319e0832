/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest_ioctl NUMBER: runs in a guest, without any library there. Asks the directory it is in, with garbage above the 32 bits that the kernel looks at, and
 * ends with errno. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char args[4096] = "any name";
	unsigned long number = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	return syscall(SYS_ioctl, fd, number | 1UL << 40, args) < 0 ? errno : 0;
}
