Feature: Building
  Scenario: Two builds in different folders give the same kernel, byte for byte
    When I run `cp -r "$SOURCES" one && cp -r "$SOURCES" two`
    Then the exit status is 0
    When I build the kernel in "one" and in "two"
    Then the files "one/build/kernel/pekoe.elf" and "two/build/kernel/pekoe.elf" are equal

  Scenario: With nothing changed there is nothing to do
    When I ask the build whether all is up to date
    Then the exit status is 0
