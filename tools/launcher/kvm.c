// SPDX-License-Identifier: MIT
// Whether KVM works. Virtual machines without nested virtualization may have a /dev/kvm that opens
// and then runs a guest at a crawl or not at all, so the processor must have the feature, too.

#include "kvm.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool kvm_in_cpuinfo(const char *cpuinfo)
{
    static const char start[] = "\nflags\t";
    const char *word = strstr(cpuinfo, start);

    if (word == NULL)
        return false;
    word += strlen(start);
    while (*word != '\0' && *word != '\n') {
        size_t length = strcspn(word, " \t\n");

        if (length == 3 && (memcmp(word, "vmx", 3) == 0 || memcmp(word, "svm", 3) == 0))
            return true;
        word += length;
        word += strspn(word, " \t");
    }
    return false;
}

bool kvm_works(void)
{
    char cpuinfo[4096]; // holds the first processor, and the others have the same flags
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    ssize_t length;

    if (fd < 0)
        return false;
    close(fd);
    fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    length = read(fd, cpuinfo, sizeof(cpuinfo) - 1);
    close(fd);
    cpuinfo[length > 0 ? length : 0] = '\0';
    return kvm_in_cpuinfo(cpuinfo);
}
