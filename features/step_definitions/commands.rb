# SPDX-License-Identifier: MIT
# Commands and what becomes visible of them: output, errors, exit status, files.

Given(/^a file "([^"]*)" with (\d+) random bytes$/) do |name, count|
  write(name, Random.bytes(count.to_i))
end

Given(/^a file "([^"]*)" that holds "([^"]*)"$/) do |name, text|
  write(name, text)
end

When(/^I run `([^`]*)`$/) do |line|
  run(line)
end

When(/^I type "([^"]*)" into `([^`]*)`$/) do |text, line|
  run(line, input: text.gsub('\n', "\n"))
end

Then(/^the exit status is (\d+)$/) do |status|
  check_equal(command.status, status.to_i, 'exit status')
end

Then(/^it prints:$/) do |text|
  check_equal(command.stdout, "#{text}\n".b, 'standard output')
end

Then(/^it prints nothing$/) do
  check_equal(command.stdout, '', 'standard output')
end

Then(/^it prints "([^"]*)"$/) do |part|
  check_includes(command.stdout, part, 'standard output')
end

Then(/^nothing is printed on standard error$/) do
  check_equal(command.stderr, '', 'standard error')
end

Then(/^standard error is exactly "([^"]*)"$/) do |text|
  check_equal(command.stderr, text.gsub('\n', "\n").b, 'standard error')
end

Then(/^standard error says "([^"]*)"$/) do |part|
  check_includes(command.stderr, part, 'standard error')
end

Then(/^standard error does not say "([^"]*)"$/) do |part|
  check(!command.stderr.include?(part), "standard error holds #{part.inspect}")
end

Then(/^the files "([^"]*)" and "([^"]*)" are equal$/) do |one, other|
  check(read(one) == read(other),
        "they differ: #{read(one).bytesize} and #{read(other).bytesize} bytes")
end

Then(/^the file "([^"]*)" says "([^"]*)"$/) do |name, part|
  check_includes(read(name), part, "#{name} (#{read(name)[0, 4000].inspect})")
end

Then(/^the file "([^"]*)" has a line like `(.*)`$/) do |name, pattern|
  text = read(name).force_encoding('UTF-8').scrub('?').gsub("\r\n", "\n")
  check(text =~ /^#{pattern}$/, "no line of #{name} is like #{pattern}:\n#{text[0, 6000]}")
end

Then(/^it took between (\d+) and (\d+) seconds$/) do |least, most|
  check(command.seconds.between?(least.to_f, most.to_f), "it took #{command.seconds} s")
end

# The program's own checks, one line each, and its count at the end.
Then(/^all its checks hold$/) do
  failed = command.stdout.lines.grep(/: FAIL/).join
  check(failed.empty? && command.stdout =~ /^\w+: [1-9]\d* checks, 0 failed$/,
        "a check failed, or none was made:\n#{failed}")
  check_equal(command.status, 0, 'exit status')
end
