Feature: Several processors
  `pekoe --smp N` gives the machine N processors, which all run. On a PC they are found in the
  firmware's tables; the machine of pekoe has none, so it is told how many there are.

  Scenario Outline: All that the machine has
    When I run `pekoe --smp <count> --log log hello.exe`
    Then it prints "Hello from hello.exe"
    And the exit status is 0
    And the file "log" has a line like `.* processors: <count> run, .*`

    Examples:
      | count |
      | 2     |
      | 4     |
      | 8     |

  Scenario Outline: A PC names its own
    When I run `boot boot=iso firmware=<firmware> smp=<count>`
    Then the serial line says "processors: <count> run"
    And the serial line says "Hello from hello.exe"
    And the exit status is 0

    Examples:
      | firmware | count |
      | bios     | 2     |
      | bios     | 8     |
      | uefi     | 4     |

  Scenario: One that is named but does not come is done without
    When I run `boot smp=3 kernel=cpus=5 exe=hello.exe`
    Then the serial line says "warning: processors: 2 of 4 did not answer"
    And the serial line says "processors: 3 run"
    And the serial line says "Hello from hello.exe"
    And the exit status is 0

  Scenario: The boot option leaves some out
    When I run `boot smp=4 kernel=cpus=2 exe=hello.exe`
    Then the serial line says "processors: 2 run"
    And the serial line says "Hello from hello.exe"

  Scenario Outline: Calls, locks, translations and the clock hold with all at work
    When I run `boot smp=<count> mem=64 kernel=ktest`
    Then the serial line says " passed, 0 failed"
    And the serial line does not say "FAIL"
    And the exit status is 0

    Examples:
      | count |
      | 2     |
      | 4     |

  Scenario Outline: What holds on one processor holds on two
    When I run `pekoe --smp 2 <program>`
    Then all its checks hold

    Examples:
      | program            |
      | memory.exe         |
      | services.exe       |
      | sparse.exe         |
      | hostile.exe memory |

  Scenario Outline: Threads of one program work on its memory at once
    When I run `pekoe --smp <count> parallel.exe`
    Then all its checks hold

    Examples:
      | count |
      | 1     |
      | 2     |
      | 4     |

  Scenario: A panic stops all processors and says what each was doing
    When I run `boot smp=4 panic=fault`
    Then the panic says "page fault: writing 0x0000000000000018"
    And its backtrace names "provoke_fault" in "kernel/core/provoke.c" with its line
    And the serial line says "---- processor 1"
    And the serial line says "---- processor 2"
    And the serial line says "---- processor 3"
    And the serial line does not say "does not answer"
    And the machine ends with the code for a panic, its last line being the fixed one

  Scenario: When several panic at once, one speaks
    When I run `boot smp=4 panic=cpus`
    Then the panic says "provoke: on processor "
    And its backtrace names "provoke_elsewhere" in "kernel/core/provoke.c" with its line
    And exactly one processor has panicked
    And the serial line says "---- processor 0"
    And the machine ends with the code for a panic, its last line being the fixed one
