// SPDX-License-Identifier: MIT
// Hardware virtualization on this host.

#pragma once

#include <stdbool.h>

// Whether KVM works here: /dev/kvm opens, and the processor has vmx or svm.
bool kvm_works(void);

// Whether the first processor in the text of /proc/cpuinfo, or in its beginning, has vmx or svm.
bool kvm_in_cpuinfo(const char *cpuinfo);
