import PercussCapture
import PercussGATT
import PercussTime

/// What a whole capture holds, as `--json` prints it; see `protocol-spec/output.md`.
struct CaptureStatisticsLine: Encodable {
  let type = "capture_statistics"
  let records: Int
  let durationUs: Int64
  let connections: Int
  let problems: Int

  init(_ statistics: CaptureStatistics, records: Int, nanoseconds: Int64) {
    self.records = records
    durationUs = nanoseconds / 1000
    connections = statistics.connections.count + statistics.uncountedConnections
    problems = statistics.problemCount
  }
}

/// What a connection was like, as `--json` prints it.
struct ConnectionStatisticsLine: Encodable {
  let type = "connection_statistics"
  let connection: Int
  let controller: UInt16
  let device: String?
  let role: String?
  let timeUs: Int64
  let durationUs: Int64
  let hasBeginning: Bool
  let hasEnd: Bool
  let mtu: UInt16?
  let intervalUs: Int?
  let values: [Values]
  let latencies: [Latency]
  let controlRequests: Int
  let controlRetries: Int
  let steps: Steps?
  let telemetryValues: Int
  let telemetryGaps: Int
  let telemetryLost: Int
  let malformedFrames: Int
  let attErrors: Int
  let unanswered: Int
  let problems: Int

  struct Values: Encodable {
    let characteristic: String?
    let uuid: String?
    let handle: UInt16
    let operation: String
    let direction: String
    let count: Int
    let bytes: Int
    /// Values in 1000 seconds, so that it is an integer.
    let ratePerKilosecond: Int?
  }

  /// How late steps began.
  struct Steps: Encodable {
    let count: UInt64
    let early: UInt64
    let p50Us: Int64?
    let p99Us: Int64?
    let maxUs: Int64?
  }

  struct Latency: Encodable {
    let operation: String
    let count: UInt64
    let p50Us: Int64?
    let p99Us: Int64?
    let maxUs: Int64?
  }

  init(_ statistics: ConnectionStatistics) {
    connection = statistics.connection.number
    controller = statistics.connection.controller
    device = statistics.connection.peer?.description
    role = statistics.connection.role.map { $0 == .central ? "central" : "peripheral" }
    timeUs = statistics.first.microseconds
    durationUs = statistics.last.nanoseconds(since: statistics.first) / 1000
    hasBeginning = statistics.hasBeginning
    hasEnd = statistics.hasEnd
    mtu = statistics.isMTUKnown ? statistics.mtu : nil
    intervalUs = statistics.parameters?.intervalMicroseconds
    values = statistics.sortedValues.map { kind, count in
      Values(
        characteristic: kind.characteristic.map { AttributeName.of($0) }, uuid: kind.characteristic?.fullText,
        handle: kind.handle, operation: kind.operation.name, direction: kind.direction.name, count: count.count,
        bytes: count.bytes, ratePerKilosecond: count.rate.flatMap { Int(exactly: ($0 * 1000).rounded()) })
    }
    latencies = statistics.namedLatencies.map { name, histogram in
      Latency(
        operation: name, count: histogram.count, p50Us: histogram.p50?.wholeMicroseconds,
        p99Us: histogram.p99?.wholeMicroseconds, maxUs: histogram.maximum?.wholeMicroseconds)
    }
    controlRequests = statistics.controlRequestCount
    controlRetries = statistics.retryCount
    steps = statistics.stepLateness.map { lateness in
      Steps(
        count: lateness.count, early: lateness.earlyCount, p50Us: lateness.p50?.wholeMicroseconds,
        p99Us: lateness.p99?.wholeMicroseconds, maxUs: lateness.maximum?.wholeMicroseconds)
    }
    telemetryValues = statistics.telemetryCount
    telemetryGaps = statistics.telemetryGapCount
    telemetryLost = statistics.telemetryLossCount
    malformedFrames = statistics.refusalCount
    attErrors = statistics.errorCount
    unanswered = statistics.unansweredCount
    problems = statistics.problemCount
  }
}
