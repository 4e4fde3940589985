# SPDX-License-Identifier: MIT
# One command line, run by the shell as a reader of the feature would, with all its output kept.

require 'open3'

class Command
  # Nothing takes nearly as long; a limit only catches what would never end.
  LIMIT_S = 240

  attr_reader :stdout, :stderr, :status, :seconds

  def initialize(line, folder:, environment:, input: '')
    @line = line
    start = now
    # A group of its own: if the time is up, the shell ends together with all that it started.
    Open3.popen3(environment, 'sh', '-c', line, chdir: folder, pgroup: true) do |to, out, err, wait|
      threads = [writer(to, input), reader(out), reader(err)]
      @hung = wait.join(LIMIT_S).nil?
      kill_group(wait.pid) if @hung
      @stdout, @stderr = threads[1..2].map(&:value)
      @status = wait.value.exitstatus
      threads[0].kill
    end
    @seconds = now - start
    raise "hung: #{self}" if @hung
  end

  # What a failed step shows.
  def to_s
    "$ #{@line}\n#{clip(@stdout)}--- stderr:\n#{clip(@stderr)}--- exit status: #{@status.inspect}\n"
  end

  private

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def reader(pipe)
    Thread.new { pipe.binmode.read }
  end

  def writer(pipe, input)
    Thread.new do
      pipe.binmode.write(input)
      pipe.close
    rescue Errno::EPIPE
      nil # the command did not want it
    end
  end

  def kill_group(pid)
    Process.kill('TERM', -pid)
    sleep 1
    Process.kill('KILL', -pid)
  rescue Errno::ESRCH
    nil
  end

  def clip(text)
    text = text.dup.force_encoding('UTF-8').scrub('?')
    text.length > 12_000 ? "#{text[0, 4000]}\n... #{text.length - 12_000} more ...\n#{text[-8000..]}" : text
  end
end
