import ArgumentParser
import Foundation
import Logging
import PercussDocument
import PercussSimulator
import PercussTime
import ServiceLifecycle
import UnixSignals

@main
enum Main {
  static func main() async {
    // Who reads the standard output or the logs may go away; the devices go on.
    signal(SIGPIPE, SIG_IGN)
    do {
      let command = try PercussdCommand.parse()
      if let file = command.checkConfig {
        let configuration = try ConfigurationFile.load(file, seed: command.seed)
        Output.write("\(file): ok, \(configuration.devices.count) devices\n", to: STDOUT_FILENO)
      } else if command.listQuirks {
        for quirk in EmulationQuirks.descriptions {
          Output.write(
            "\(quirk.name): \(quirk.takes); \(quirk.usual) unless set\n    \(quirk.summary)\n", to: STDOUT_FILENO)
        }
      } else {
        try await serve(command)
      }
    } catch let failure as Failure {
      end(failure)
    } catch {
      exitForUsage(error)
    }
  }

  /// Runs until a signal, or until it cannot go on.
  private static func serve(_ command: PercussdCommand) async throws {
    let configuration = try command.simulatorConfiguration()
    let notification = try ServiceNotification(environment: ProcessInfo.processInfo.environment)
    // The dbus-daemon that is started must not take it for its own.
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
    let isForJournal = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] != nil
    let format = command.logFormat
    let output = LogOutput { lost in
      LineLogHandler.line(
        format, isForJournal: isForJournal, at: .ofSystem(), .warning, "log lines lost",
        [("count", .stringConvertible(lost))])
    }
    defer { output.flush() }
    let level = command.logLevel.level
    let logger = Logger(label: "percussd") { _ in
      LineLogHandler(format: format, level: level, isForJournal: isForJournal, output: output)
    }
    let service = SimulatorService(
      configuration: configuration, place: command.place, capture: command.capture, notification: notification,
      logger: logger)
    // What the group itself says is of interest only when something is wrong with it.
    var groupLogger = logger
    if level > .debug { groupLogger.logLevel = max(level, .warning) }
    var group = ServiceGroupConfiguration(
      services: [
        .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup, serviceName: "simulator")
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger)
    group.maximumGracefulShutdownDuration = .seconds(8)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let failure as Failure {
      logger.error("\(failure.description)")
      output.flush()
      exit(failure.status.rawValue)
    }
    logger.info("ended")
  }

  private static func end(_ failure: Failure) -> Never {
    Output.write(failure.description + "\n", to: STDERR_FILENO)
    exit(failure.status.rawValue)
  }

  /// ArgumentParser knows help, version and wrong usage; its own status for the last (64) becomes ours.
  private static func exitForUsage(_ error: any Error) -> Never {
    let message = PercussdCommand.fullMessage(for: error)
    guard PercussdCommand.exitCode(for: error) != .success else {
      Output.write(message + "\n", to: STDOUT_FILENO)
      exit(ExitStatus.done.rawValue)
    }
    let isUsage = PercussdCommand.exitCode(for: error) == .validationFailure
    end(Failure(isUsage ? .usage : .internalFault, isUsage ? message : "percussd: \(error)"))
  }
}
