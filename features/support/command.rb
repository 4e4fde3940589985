# SPDX-License-Identifier: MIT
# One command line, run by the shell as a reader of the feature would, with all its output kept.

require 'open3'

class Command
  # Nothing takes nearly as long; a limit only catches what would never end.
  LIMIT_S = 240

  SHOWN = 9000

  attr_reader :stdout, :stderr, :status, :seconds

  class << self
    attr_accessor :running # the group of the command that is under way

    # What starts a machine cleans up when it is asked to end.
    def stop(signal = 'TERM')
      Process.kill(signal, -running) if running
    rescue Errno::ESRCH
      nil
    end
  end

  def initialize(line, folder:, environment:, input: '')
    @line = line
    start = now
    # A group of its own: whatever ends this command ends all that it started.
    Open3.popen3(environment, 'sh', '-c', line, chdir: folder, pgroup: true) do |to, out, err, wait|
      threads = [writer(to, input), reader(out), reader(err)]
      finish(wait)
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

  def finish(wait)
    Command.running = wait.pid
    @hung = wait.join(LIMIT_S).nil?
    if @hung
      Command.stop
      sleep 2
      Command.stop('KILL')
    end
  ensure
    Command.running = nil
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

  def clip(text)
    text = text.dup.force_encoding('UTF-8').scrub('?')
    return text if text.length <= SHOWN

    "#{text[0, SHOWN / 3]}\n... #{text.length - SHOWN} characters ...\n#{text[-SHOWN * 2 / 3..-1]}"
  end
end
