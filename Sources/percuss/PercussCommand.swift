import ArgumentParser
import Foundation

/// The command line: each subcommand is one file under Commands/; what they share is beside this file.
///
/// `percuss run FILE` loads a document, opens a device, compiles a plan against it, plays the plan and shows the report.
struct PercussCommand: ParsableCommand {
  static let versionName = "percuss 0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "percuss",
    abstract: "Play and check routines on percussive-therapy devices over Bluetooth LE.",
    discussion: """
      Without --device commands work on a virtual device inside this process: nothing
      to install, no Bluetooth, and with --virtual-time no waiting. A virtual device is
      new and idle at each start of the program. With an address or a name they work on
      a device that BlueZ reaches: hardware, or one that percussd emulates.

      EXIT STATUS
        0    done
        2    the command line is wrong
        65   a document, frame, report or capture is wrong; nothing moved
        69   no such device, or it refused
        70   a fault of this program
        75   a guarantee was missed or not shown, the link was lost, the run ended early,
             one run is worse than another, or captures or answers differ
        130  interrupted, or not confirmed; the motor was stopped
      """,
    version: "\(versionName) (protocol 1.0)",
    subcommands: [
      RunCommand.self, ValidateCommand.self, PlanCommand.self, SetCommand.self, StopCommand.self, InfoCommand.self,
      MonitorCommand.self, ScanCommand.self, DevicesCommand.self, PairCommand.self, ShellCommand.self,
      FrameCommand.self, ReportCommand.self, TimingCommand.self, CaptureCommand.self,
    ])
}

@main
enum Main {
  static func main() {
    StandardOutput.ignoreBrokenPipes()
    do {
      var command = try PercussCommand.parseAsRoot()
      try command.run()
      if let reason = StandardOutput.failure {
        throw CommandFailure(.internalFault, "percuss: the standard output cannot be written: \(reason)")
      }
    } catch let failure as CommandFailure {
      failure.report()
      exit(failure.status.rawValue)
    } catch {
      exitForUsage(error)
    }
  }

  /// ArgumentParser knows help, version and wrong usage; its own status for the last (64) becomes ours.
  private static func exitForUsage(_ error: any Error) -> Never {
    let message = PercussCommand.fullMessage(for: error)
    guard PercussCommand.exitCode(for: error) != .success else {
      say(message)
      exit(ExitStatus.done.rawValue)
    }
    let isUsage = PercussCommand.exitCode(for: error) == .validationFailure
    var failure = CommandFailure(isUsage ? .usage : .internalFault, isUsage ? message : "percuss: \(error)")
    // A wrong command line leaves no parsed options to ask.
    failure.asJSON = CommandLine.arguments.contains("--json")
    failure.report()
    exit(failure.status.rawValue)
  }
}
