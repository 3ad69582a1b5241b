import PercussCapture
import PercussGATT
import PercussTime
import Testing

/// What is counted.
struct StatisticsTests {
  static func statistics(of file: [UInt8]) throws -> CaptureStatistics {
    var decoder = CaptureDecoder()
    var statistics = CaptureStatistics()
    var reader = CaptureReader()
    var position = 0
    while let record = try reader.next(in: file.span.bytes, at: &position, isLast: true) {
      decoder.decode(record, file.span.bytes.extracting(record.data), into: &statistics)
    }
    decoder.finish(into: &statistics)
    return statistics
  }

  static func telemetry(_ counter: UInt8) -> String {
    "1b 1700" + hex([counter]) + "03 e8030000 6c07 6c07 2c01 2c01 50 ffff 0000 00"
  }

  @Test func `rates, latencies, repetitions and gaps`() throws {
    var script = AttributeTests.discovered()
    script.step = 10
    for counter: UInt8 in [254, 255, 0, 3, 4] { script.received(Self.telemetry(counter)) }
    script.sent("12 1400 10 08 00")
    script.received("13")
    script.received("1d 1400 80 10 08 01 00")
    script.sent("1e")
    script.sent("52 1400 10 09 00")
    script.sent("52 1400 10 09 00")
    script.received("1d 1400 80 10 09 01 00")
    script.sent("0a 9900")
    script.received("01 0a 9900 01")
    script.received("1b 1700 00")
    script.disconnect()
    let connection = try #require(try Self.statistics(of: script.file).connections.first)
    #expect(connection.telemetryCount == 5 && connection.telemetryGapCount == 1 && connection.telemetryLossCount == 2)
    #expect(connection.controlRequestCount == 3 && connection.retryCount == 1)
    #expect(connection.errorCount == 2 && connection.refusalCount == 1)
    #expect(connection.unansweredCount == 1 && connection.problemCount == 1)
    #expect(connection.hasBeginning && connection.hasEnd && connection.mtu == 23)
    // Request to indication: 20 ms, and from the first of two.
    #expect(connection.controlLatency?.count == 2)
    #expect(connection.controlLatency?.maximum == .milliseconds(20))
    #expect(connection.latencies[.writeRequest]?.maximum == .milliseconds(10))
    #expect(connection.latencies[.indication]?.count == 1)
    let kind = ConnectionStatistics.ValueKind(
      characteristic: .percussTelemetry, handle: 0x17, operation: .notification, direction: .received)
    let count = try #require(connection.values[kind])
    #expect(count.count == 6 && count.bytes == 101)
    // Five intervals in 140 ms.
    #expect(abs((count.rate ?? 0) - 5 / 0.14) < 0.01)
  }

  @Test func `how late steps began is what the device's events say`() throws {
    func entered(_ counter: UInt8, planned: UInt64, actual: UInt64) -> String {
      let times = [planned, actual].flatMap { time in (0..<8).map { UInt8(truncatingIfNeeded: time >> (8 * $0)) } }
      return "1b 1a00" + hex([0x02, counter, 1, 0] + times)
    }
    var script = AttributeTests.discovered()
    script.received(entered(0, planned: 1_000_000, actual: 1_000_150))
    script.received(entered(1, planned: 2_000_000, actual: 1_999_990))
    script.received(entered(2, planned: 0, actual: .max))
    script.received(entered(3, planned: .max, actual: 0))
    let connection = try #require(try Self.statistics(of: script.file).connections.first)
    #expect(connection.steps.map(\.lateMicroseconds) == [150, -10, .max, -.max])
    #expect(connection.steps.first?.plannedMicroseconds == 1_000_000)
    let lateness = try #require(connection.stepLateness)
    #expect(lateness.count == 4 && lateness.earlyCount == 2 && lateness.maximum == .nanoseconds(Int64.max))
    #expect(connection.refusalCount == 0)
  }

  @Test func `connections beyond the limit are counted together`() throws {
    var script = Script()
    for _ in 0..<CaptureStatistics.connectionLimit + 3 {
      script.connect()
      script.disconnect()
    }
    let statistics = try Self.statistics(of: script.file)
    #expect(statistics.connections.count == CaptureStatistics.connectionLimit)
    #expect(statistics.uncountedConnections == 3)
  }
}
