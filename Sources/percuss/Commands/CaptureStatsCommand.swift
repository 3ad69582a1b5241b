import ArgumentParser
import PercussCapture
import PercussRoutine
import PercussTime

/// `percuss capture stats FILE`: what the conversations in a capture were like.
struct CaptureStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show rates, latencies, repetitions, losses and late steps of each connection.",
    discussion: """
      A latency is the time from a request to its answer, as the recording host saw it. A control request is repeated \
      when its sequence number had been used; telemetry is lost where its counter leaves out numbers. \
      How late steps began is what the device's step_entered events say, by its own clock; of a routine that the host \
      plays live a capture does not show when its commands were due.
      """)

  @OptionGroup var capture: CaptureOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write how late steps began as an SVG picture: over time, and how many were how late; beside them the tolerance that a run has unless told otherwise.",
      valueName: "file"))
  var plot: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    do {
      let plotFile = try plot.map { try OutputFile($0, besidesCapture: capture.file) }
      var statistics = CaptureStatistics()
      var records = 0
      var span: (first: CaptureInstant, last: CaptureInstant)?
      let read = Result {
        try capture.read(into: &statistics) { _, record in
          records += 1
          span = (span?.first ?? record.time, record.time)
          return true
        }
      }
      let nanoseconds = span.map { $0.last.nanoseconds(since: $0.first) } ?? 0
      let filter = CaptureFilter(devices: capture.devices)
      let wanted = statistics.connections.filter {
        filter.takes($0.connection, own: statistics.addresses[$0.connection.controller])
      }
      if output.json {
        say(JSONLine.text(CaptureStatisticsLine(statistics, records: records, nanoseconds: nanoseconds)))
        for connection in wanted { say(JSONLine.text(ConnectionStatisticsLine(connection))) }
      } else {
        let text = StatisticsText(terminal: .ofStandardOutput())
        say(text.summary(statistics, records: records, nanoseconds: nanoseconds))
        for connection in wanted { say("\n" + text.connection(connection)) }
      }
      _ = try read.get()
      if let plotFile { try plotFile.write(try Self.picture(of: wanted, name: capture.file)) }
    } catch {
      var failure = CommandFailure(error)
      failure.asJSON = output.json
      throw failure
    }
  }

  /// A picture of the connection that tells of the most steps: each end of one may have been recorded.
  private static func picture(of connections: [ConnectionStatistics], name: String) throws -> String {
    let connection = connections.max { ($0.steps.count, $1.connection.number) < ($1.steps.count, $0.connection.number) }
    guard let connection, let first = connection.steps.map(\.plannedMicroseconds).min() else {
      throw CommandFailure(
        .badDocument, "\(name): error: no step_entered event is in it, so there is nothing to plot; leave out --plot")
    }
    let steps = connection.steps.map { step in
      StepLatenessPlot.Step(
        plannedMicroseconds: Int64(clamping: step.plannedMicroseconds - first), lateMicroseconds: step.lateMicroseconds)
    }
    let peer = connection.connection.peer?.description ?? "unknown address"
    return StepLatenessPlot(
      title: "Lateness by the device's clock: connection #\(connection.connection.number) with \(peer)", steps: steps,
      toleranceMicroseconds: PlayerOptions().tolerance.wholeMicroseconds
    ).svg
  }
}
