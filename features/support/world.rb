# SPDX-License-Identifier: MIT
# What every scenario gets: a new folder that holds copies of the programs that were built, and a
# PATH on which the commands `pekoe`, `boot` and `sweep` are found. Nothing is written anywhere else.

require 'fileutils'
require 'socket'
require 'tmpdir'

module World
  ROOT = File.expand_path('../..', __dir__)
  BUILD = File.expand_path(ENV['PEKOE_BUILD'] || 'build', ROOT)
  PANIC_FINAL_LINE = '---- pekoe stopped: kernel panic ----'.freeze

  attr_reader :folder, :command

  def open_folder
    @folder = Dir.mktmpdir('pekoe-feature-')
    FileUtils.cp(Dir[File.join(BUILD, 'userspace', '*.exe')], folder)
    bin = File.join(folder, 'bin')
    Dir.mkdir(bin)
    FileUtils.ln_s(File.join(BUILD, 'tools', 'pekoe'), bin)
    File.write(File.join(bin, 'boot'), <<~SCRIPT, perm: 0o755)
      #!/bin/sh
      exec '#{ROOT}/tools/run.py' --build '#{BUILD}' headless=1 "$@"
    SCRIPT
    File.write(File.join(bin, 'sweep'), <<~SCRIPT, perm: 0o755)
      #!/bin/sh
      exec '#{ROOT}/tools/sweep_failures.py' --build '#{BUILD}' "$@"
    SCRIPT
    @environment = { 'PATH' => "#{bin}:#{ENV['PATH']}", 'DISPLAY' => nil }
  end

  def close_folder
    FileUtils.remove_entry(folder)
  end

  # The sources as a clone has them: without what was built, and without git.
  def copy_sources(to)
    FileUtils.mkdir_p(path(to))
    built = /\A(build.*|\.git|compile_commands\.json)\z/
    names = Dir.children(ROOT).grep_v(built)
    FileUtils.cp_r(names.map { |name| File.join(ROOT, name) }, path(to))
  end

  # The indented lines of one section of a Markdown file: what its reader is told to type.
  def command_lines(file, section)
    text = File.read(File.join(ROOT, file), encoding: 'UTF-8')
    body = text[/^## #{Regexp.escape(section)}\n(.*?)(?=^## |\z)/m, 1]
    raise "#{file} has no section \"#{section}\"" if body.nil?

    body.lines.grep(/^    \S/).map { |line| line.sub(/^    (\$ )?/, '') }
  end

  def path(name)
    File.join(folder, name)
  end

  def read(name)
    File.binread(path(name))
  end

  def write(name, bytes)
    File.binwrite(path(name), bytes)
  end

  def run(line, input: @input || '')
    @command = Command.new(line, folder: folder, environment: @environment, input: input)
  end

  # Tells QEMU's monitor again and again to send an NMI, until the machine is gone.
  def send_nmis(gate)
    monitor = connect(gate)
    monitor.write("nmi\n") while monitor.readpartial(4096)
  rescue EOFError, Errno::EPIPE, Errno::ECONNRESET
    monitor.close
  end

  # The socket appears, and then listens, a little after the machine was started.
  def connect(gate)
    UNIXSocket.open(gate)
  rescue Errno::ENOENT, Errno::ECONNREFUSED
    sleep 0.02
    retry
  end

  # The serial line's text, whose lines end as terminals want them.
  def serial
    command.stdout.dup.force_encoding('UTF-8').scrub('?').gsub("\r\n", "\n")
  end

  def check(holds, what)
    raise "#{what}\n#{command}" unless holds
  end

  def check_equal(actual, expected, what)
    check(actual == expected, "#{what}: expected #{expected.inspect}, got #{actual.inspect}")
  end

  def check_includes(text, part, what)
    check(text.dup.force_encoding('UTF-8').scrub('?').include?(part),
          "#{what} does not hold #{part.inspect}")
  end
end

World(World)

Before { open_folder }
After { close_folder }

# Asked to end, Cucumber would take that for one failed step. This ends the command under way; the
# scenario cleans up after itself, and those behind it are skipped.
trap('TERM') do
  Cucumber.wants_to_quit = true
  Command.stop
end
