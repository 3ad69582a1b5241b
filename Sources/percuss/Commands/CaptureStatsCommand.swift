import ArgumentParser
import PercussCapture
import PercussTime

/// `percuss capture stats FILE`: what the conversations in a capture were like.
struct CaptureStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show rates, latencies, repetitions and losses of each connection.",
    discussion: """
      A latency is the time from a request to its answer, as the recording host saw it. A control request is repeated \
      when its sequence number had been used; telemetry is lost where its counter leaves out numbers.
      """)

  @OptionGroup var capture: CaptureOptions

  @OptionGroup var output: OutputOptions

  func run() throws {
    do {
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
    } catch {
      var failure = CommandFailure(error)
      failure.asJSON = output.json
      throw failure
    }
  }
}
