# SPDX-License-Identifier: MIT
# Machines that are booted without pekoe: a PC with the ISO image, or QEMU's direct boot. All that
# is known of them is what their serial line says.

When(/^I boot the ISO image on a PC with (BIOS|UEFI)$/) do |firmware|
  run("boot boot=iso firmware=#{firmware.downcase}")
end

When(/^I boot the ISO image on a PC with (BIOS|UEFI) and (\d+) MiB of memory$/) do |firmware, mem|
  run("boot boot=iso firmware=#{firmware.downcase} mem=#{mem}")
end

When(/^I boot directly on a "([^"]*)" processor$/) do |model|
  run("boot cpu=#{model} exe=hello.exe args=directly")
end

When(/^I provoke the panic "([^"]*)"$/) do |kind|
  run("boot panic=#{kind}")
end

def run_two(first, second, options = '')
  programs = [first, second].map { |line| "#{line.split[0]}.exe" }.uniq
  arguments = first.split(' ', 2)[1]
  run("boot kernel=then=AND #{options} exe=#{programs.join(',')} args='#{arguments} AND #{second}'")
end

When(/^one machine runs `([^`]*)` and then `([^`]*)`$/) do |first, second|
  run_two(first, second)
end

When(/^one machine with (\d+) processors runs `([^`]*)` and then `([^`]*)`$/) do |count, first, second|
  run_two(first, second, "smp=#{count}")
end

When(/^one machine with (\d+) MiB runs `([^`]*)` and then `([^`]*)`$/) do |size, first, second|
  run_two(first, second, "mem=#{size}")
end

When(/^NMIs keep coming while one machine runs `([^`]*)`$/) do |line|
  program, arguments = line.split(' ', 2)
  sender = Thread.new { send_nmis(path('monitor')) }
  run("boot monitor=monitor kernel=nmi=count exe=#{program}.exe args='#{arguments}'")
  sender.kill
end

Then(/^the machine has counted at least (\d+) NMIs$/) do |least|
  counted = serial[/programs: (\d+) NMIs counted/, 1].to_i
  check(counted >= least.to_i, "#{counted} NMIs were counted")
end

Then(/^the serial line says "([^"]*)"$/) do |part|
  check_includes(serial, part, 'the serial line')
end

Then(/^the serial line does not say "([^"]*)"$/) do |part|
  check(!serial.include?(part), "the serial line says #{part.inspect}")
end

# Each program's end is logged with the frames that were free before its start and after its end.
Then(/^every program gave all its memory back$/) do
  counts = serial.scan(/programs: ended; (\d+) frames free before, (\d+) after/)
  check(counts.length == 2, "#{counts.length} programs ended instead of 2")
  check(counts.all? { |before, after| before == after }, "frames were lost: #{counts.inspect}")
end

# For programs that make the kernel's tables grow as far as they can: those stay for the next one.
Then(/^the last program gave all its memory back$/) do
  before, after = serial.scan(/programs: ended; (\d+) frames free before, (\d+) after/).last
  check(before && before == after, "#{before} frames before, #{after} after")
end

Then(/^the panic says "([^"]*)"$/) do |reason|
  check_includes(serial[/^---- kernel panic: .*$/] || '', reason, 'the line of the panic')
end

Then(/^exactly one processor has panicked$/) do
  check_equal(serial.scan(/^---- kernel panic: /).length, 1, 'panics')
end

Then(/^its backtrace names "([^"]*)" in "([^"]*)" with its line$/) do |function, file|
  backtrace = serial[/^backtrace:\n((?:  #.*\n)+)/, 1] || ''
  check(backtrace =~ /^  #\d+ +\h{16} #{function}\+0x\h+ \(#{file}:[1-9]\d*\)$/,
        "#{function} is not in the backtrace")
end

Then(/^it shows the registers, what was running, and the last lines of the log$/) do
  ['rip ', 'cr2 ', 'running: ', '---- the last log lines:'].each do |part|
    check_includes(serial, part, 'the panic')
  end
end

Then(/^the machine ends with the code for a panic, its last line being the fixed one$/) do
  check_equal(serial.lines.map(&:chomp).reject(&:empty?).last, World::PANIC_FINAL_LINE, 'last line')
  check_includes(command.stderr, 'the kernel stopped the machine', 'standard error')
  check_equal(command.status, 125, 'exit status')
end
