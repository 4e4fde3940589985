Feature: Booting
  One kernel image starts in three ways: through GRUB on a PC with BIOS, through GRUB on a PC with
  UEFI, and directly by QEMU without any firmware, as pekoe does it. On the PC the program's console
  is the serial line, and the kernel's log is on it, too.

  Scenario: A PC with BIOS
    When I boot the ISO image on a PC with BIOS
    Then the serial line says "Hello from hello.exe"
    And the serial line says "  1: [from]"
    And the serial line says "pekoe: exit 00000003"
    And the exit status is 0

  Scenario: A PC with UEFI
    When I boot the ISO image on a PC with UEFI
    Then the serial line says "Hello from hello.exe"
    And the serial line says "pekoe: exit 00000003"
    And the exit status is 0

  Scenario: A PC with little memory
    GRUB itself needs some.
    When I boot the ISO image on a PC with BIOS and 32 MiB of memory
    Then the serial line says "Hello from hello.exe"
    And the serial line says "pekoe: exit 00000003"

  Scenario: A PC with memory above 4 GiB
    When I boot the ISO image on a PC with BIOS and 6144 MiB of memory
    Then the serial line says "Hello from hello.exe"
    And the serial line says "pekoe: exit 00000003"

  Scenario Outline: Memory from 32 MiB to 64 GiB
    The host spends only what the machine touches.
    When I run `pekoe --mem <memory> hello.exe`
    Then it prints "Hello from hello.exe"
    And the exit status is 0

    Examples:
      | memory |
      | 32M    |
      | 33M    |
      | 1G     |
      | 4G     |
      | 64G    |

  Scenario: Programs that need memory run in the smallest machine
    When I run `pekoe --mem 32 sparse.exe`
    Then all its checks hold

  Scenario Outline: Processors, from all that QEMU knows to one without large pages and SMAP
    When I boot directly on a "<model>" processor
    Then the serial line says "  1: [directly]"
    And the serial line says "pekoe: exit 00000001"
    And the exit status is 1

    Examples:
      | model                         |
      | max                           |
      | qemu64                        |
      | Skylake-Client                |
      | EPYC                          |
      | Nehalem                       |
      | max,-smep,-smap,-umip         |
      | max,-xsave,-pdpe1gb,-fsgsbase |

  Scenario Outline: A processor without what the kernel needs gets a sentence, not a triple fault
    When I boot directly on a "<model>" processor
    Then the serial line says "pekoe: this processor cannot run the kernel: it lacks <what>"
    And the exit status is 125

    Examples:
      | model       | what                  |
      | qemu32      | 64-bit mode (LM)      |
      | qemu64,-nx  | no-execute pages (NX) |
      | qemu64,-pge | global pages (PGE)    |
