Feature: Building
  Whoever builds the same sources gets the same kernel, and a build that has nothing to do does nothing.

  Scenario: Two builds in different folders give the same kernel, byte for byte
    Given a checkout of the sources in "one"
    And a checkout of the sources in "two"
    When I build the kernel in the folder "one"
    And I build the kernel in the folder "two"
    Then the files "one/build/kernel/pekoe.elf" and "two/build/kernel/pekoe.elf" are equal

  Scenario: After a build all is up to date
    Given a checkout of the sources in "one"
    When I build everything in the folder "one"
    And I run `cd one && scons -q`
    Then the exit status is 0
