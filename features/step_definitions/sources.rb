# SPDX-License-Identifier: MIT
# What a reader does with a checkout: type README's lines, write a program, build.

Given(/^a checkout of the sources$/) do
  copy_sources('.')
  FileUtils.ln_s(World::BUILD, path('build'))
end

Given(/^a checkout of the sources in "([^"]*)"$/) do |name|
  copy_sources(name)
end

Given(/^a file "([^"]*)" with:$/) do |name, text|
  write(name, "#{text}\n")
end

When(/^I run the command lines of the section "([^"]*)" of "([^"]*)"$/) do |section, file|
  lines = command_lines(file, section)
  check(!lines.empty?, "#{file} shows no command lines under \"#{section}\"")
  run(lines.join)
end

When(/^I build (.*)in the folder "([^"]*)"$/) do |target, name|
  target = target == 'the kernel ' ? 'build/kernel/pekoe.elf' : ''
  run("cd #{name} && scons -j$(nproc) #{target}")
  check_equal(command.status, 0, 'exit status')
end
