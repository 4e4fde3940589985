Feature: Running programs
  `pekoe PROGRAM.exe ARGUMENTS` runs a Windows program as if it were one of the host's own.

  Scenario: A program and its arguments
    When I run `pekoe hello.exe a b`
    Then it prints:
      """
      Hello from hello.exe on Windows 10.0 build 19045, with 2 arguments.
        1: [a]
        2: [b]
      """
    And nothing is printed on standard error
    And the exit status is 2

  Scenario: Arguments arrive as they were given, although Windows programs split them themselves
    When I run `pekoe hello.exe 'two words' '' 'a"quote' 'end\' 'back\\"slash' -- --mem 1 Grüße`
    Then it prints:
      """
      Hello from hello.exe on Windows 10.0 build 19045, with 9 arguments.
        1: [two words]
        2: []
        3: [a"quote]
        4: [end\]
        5: [back\\"slash]
        6: [--]
        7: [--mem]
        8: [1]
        9: [Grüße]
      """
    And the exit status is 9

  Scenario: The program may lie in any folder, under any name
    When I run `mkdir 'a folder' && cp hello.exe 'a folder/Grüß Gott.exe' && pekoe 'a folder/Grüß Gott.exe'`
    Then it prints "Hello from Grüß Gott.exe"
    And the exit status is 0

  Scenario: A program that can only live at one address
    It has no relocations, so it gets the address that its header names.
    When I run `pekoe fixed.exe`
    Then it prints "fixed: image at 0x0000000140000000"
    And the exit status is 0

  Scenario: Other programs live at random addresses
    When I run `for i in 1 2 3 4; do pekoe crash.exe 2>&1 | grep -o 'rip=[0-9a-f]*'; done | sort | uniq -d`
    Then it prints nothing

  Scenario: Computing gives the same result every time
    When I run `pekoe spin.exe 2 2>/dev/null; pekoe spin.exe 2 2>/dev/null`
    Then it prints:
      """
      spin: 2 rounds, checksum 0000000000280D20
      spin: 2 rounds, checksum 0000000000280D20
      """

  Scenario: Several run at once, each in a machine of its own
    When I run `for i in 1 2 3; do pekoe exitcode.exe $i & pids="$pids $!"; done; for pid in $pids; do wait $pid; echo $?; done`
    Then it prints:
      """
      1
      2
      3
      """

  Scenario: A time limit
    When I run `pekoe --timeout 2 spin.exe 1000000`
    Then standard error says "spin.exe: timed out after 2 s"
    And the exit status is 124
    And it took between 2 and 60 seconds

  Scenario: A program that waits for input is ended by the time limit, too
    When I run `mkfifo pipe && pekoe --timeout 1 cat.exe <>pipe`
    Then the exit status is 124

  Scenario: Ctrl+C ends the machine
    When I run `timeout --preserve-status -s INT 1 pekoe spin.exe 1000000`
    Then the exit status is 130
