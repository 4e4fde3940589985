Feature: Panics
  When the kernel itself fails it says all that is needed to find the cause, names and lines
  included, and ends the machine. The boot option panic=KIND fails on purpose.

  Scenario Outline: Each kind names the function that caused it
    When I provoke the panic "<kind>"
    Then the panic says "<reason>"
    And its backtrace names "<function>" in "kernel/core/provoke.c" with its line
    And it shows the registers, what was running, and the last lines of the log
    And the machine ends with the code for a panic, its last line being the fixed one

    Examples:
      | kind      | reason                                          | function             |
      | assert    | assert: two + two == 5                          | provoke_assert       |
      | fault     | page fault: writing 0x0000000000000018          | provoke_fault        |
      | execute   | page fault: executing 0x                        | provoke_execute      |
      | write     | page fault: writing 0xffffffff80                | provoke_write_code   |
      | undefined | invalid opcode in the kernel                    | provoke_undefined    |
      | stack     | kernel stack overflow                           | provoke_stack        |
      | irq       | in an interrupt handler                         | provoke_in_interrupt |
      | lock      | with a lock held                                | provoke_lock         |
      | early     | before the heap exists                          | provoke_early        |

  Scenario: Across an interrupt, the interrupted function is named as well
    When I provoke the panic "irq"
    Then its backtrace names "provoke_irq" in "kernel/core/provoke.c" with its line
    And the serial line says "in an interrupt handler"

  Scenario: A lock that is held is named
    When I provoke the panic "lock"
    Then the serial line says "holding lock "

  Scenario: On a PC, too
    When I run `boot boot=iso panic=fault`
    Then the panic says "page fault: writing 0x0000000000000018"
    And its backtrace names "provoke_fault" in "kernel/core/provoke.c" with its line
    And the machine ends with the code for a panic, its last line being the fixed one
