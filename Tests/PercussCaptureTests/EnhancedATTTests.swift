import PercussCapture
import PercussGATT
import Testing

/// Enhanced ATT: channels of their own, and what is left in parts on them.
struct EnhancedATTTests {
  /// Two channels: the peer's are 0x50 and 0x51, the host's 0x60 and 0x61.
  static func enhanced() -> Script {
    var script = Script()
    script.connect()
    script.l2cap(.sent, 5, bytes("17 01 0c00 2700 0002 4000 0500 6000 6100"))
    script.l2cap(.received, 5, bytes("18 01 0c00 f701 4000 0500 0000 5000 5100"))
    return script
  }

  @Test func `Enhanced ATT: channels by signalling, a bearer each, SDUs in segments`() {
    var script = Self.enhanced()
    script.sdu(.sent, 0x50, "0a 1700")
    script.sdu(.sent, 0x51, "12 1a00 01")
    script.sdu(.received, 0x61, "13")
    script.l2cap(.received, 0x60, bytes("0500 0b 01"))
    script.l2cap(.received, 0x60, bytes("02"))
    script.l2cap(.received, 0x60, bytes("0304"))
    script.l2cap(.sent, 5, bytes("06 02 0400 5000 6000"))
    script.sdu(.sent, 0x50, "52 1700 99")
    let result = script.result
    #expect(result.problems.isEmpty)
    #expect(
      result.connections.dropFirst().map(\.kind) == [
        .channelOpened(sent: 0x50, received: 0x60, mtu: 503), .channelOpened(sent: 0x51, received: 0x61, mtu: 503),
        .channelClosed(sent: 0x50, received: 0x60),
      ])
    #expect(
      result.values.map(\.event.operation) == [.readRequest, .writeRequest, .writeResponse, .readResponse])
    #expect(result.values.map(\.event.channel) == [0x50, 0x51, 0x61, 0x60])
    #expect(result.values[3].bytes == [1, 2, 3, 4] && result.values[3].event.handle == 0x17)
    #expect(result.values[2].event.request?.record == 5 && result.values[2].event.request?.latency == 1_000_000)
    #expect(result.values[3].event.request?.record == 4 && result.values[3].event.request?.latency == 5_000_000)
  }

  @Test func `a channel by the older request, one refused, one of another protocol`() {
    var script = Script()
    script.connect()
    script.l2cap(.received, 5, bytes("14 01 0a00 2700 7000 4000 4000 0500"))
    script.l2cap(.sent, 5, bytes("15 01 0a00 7100 4800 4000 0500 0000"))
    script.l2cap(.sent, 5, bytes("17 02 0a00 2700 0002 4000 0500 6000"))
    script.l2cap(.received, 5, bytes("18 02 0a00 0000 0000 0000 0200 0000"))
    script.l2cap(.sent, 5, bytes("17 03 0a00 2500 0002 4000 0500 6200"))
    script.l2cap(.received, 5, bytes("18 03 0a00 0002 4000 0500 0000 5200"))
    script.sdu(.sent, 0x52, "52 1700 99")
    script.sdu(.sent, 0x70, "52 1700 aa")
    let result = script.result
    #expect(
      result.connections.dropFirst().map(\.kind) == [
        .channelOpened(sent: 0x70, received: 0x71, mtu: 64), .channelRefused(result: 2),
      ])
    #expect(result.values.map(\.bytes) == [[0xAA]])
  }

  @Test func `channels whose opening the capture misses are told, each once`() {
    var script = Script()
    // A connection that may be of BR/EDR: only what looks like ATT is told.
    script.l2cap(.received, 0x44, bytes("0102 0304"))
    script.sdu(.received, 0x45, "1b 1700 aa")
    script.sdu(.received, 0x45, "1b 1700 ab")
    script.connect()
    script.sdu(.received, 0x45, "1b 1700 ac")
    script.l2cap(.received, 0x45, [9])
    script.sdu(.sent, 0x45, "52 1700 ad")
    // Beyond the numbers of LE nothing is known.
    script.sdu(.sent, 0x80, "52 1700 ad")
    let result = script.result
    #expect(
      result.problems.map(\.reason) == [.unknownChannel(0x45), .unknownChannel(0x45), .unknownChannel(0x45)])
    #expect(result.problems.map(\.record) == [2, 5, 7] && result.values.isEmpty)
  }

  @Test func `of channels of other protocols, and of closed ones, nothing is told`() {
    var script = Self.enhanced()
    script.l2cap(.sent, 5, bytes("17 03 0c00 2500 0002 4000 0500 6200 6300"))
    script.l2cap(.received, 5, bytes("18 03 0c00 0002 4000 0500 0000 5200 5300"))
    script.sdu(.sent, 0x52, "52 1700 99")
    script.sdu(.received, 0x63, "1b 1700 99")
    script.l2cap(.sent, 5, bytes("06 02 0400 5000 6000"))
    script.sdu(.received, 0x60, "1b 1700 99")
    #expect(script.result.problems.isEmpty && script.result.values.isEmpty)
    // Opened anew it carries ATT again.
    script.l2cap(.sent, 5, bytes("17 04 0a00 2700 0002 4000 0500 6000"))
    script.l2cap(.received, 5, bytes("18 04 0a00 f701 4000 0500 0000 5000"))
    script.sdu(.received, 0x60, "1b 1700 99")
    #expect(script.result.problems.isEmpty && script.result.values.count == 1)
  }

  @Test func `segments and signalling that are wrong`() {
    func reasons(_ write: (inout Script) -> Void) -> [CaptureProblem.Reason] {
      var script = Self.enhanced()
      write(&script)
      script.sdu(.received, 0x60, "1b 1700 aa")
      let result = script.result
      #expect(result.values.last?.bytes == [0xAA])
      return result.problems.map(\.reason)
    }
    #expect(reasons { $0.l2cap(.received, 0x60, [1]) } == [.truncated(.segment, needed: 2, available: 1)])
    #expect(
      reasons { $0.l2cap(.received, 0x60, [1, 0, 1, 2]) } == [.lengthDiffers(.segment, stated: 1, actual: 2)])
    #expect(
      reasons {
        $0.l2cap(.received, 0x60, [3, 0, 1])
        $0.l2cap(.received, 0x60, [2, 3, 4])
      } == [.lengthDiffers(.segment, stated: 3, actual: 4)])
    #expect(reasons { $0.l2cap(.received, 5, [6, 1, 4]) } == [.truncated(.signalling, needed: 4, available: 3)])
    #expect(
      reasons { $0.l2cap(.received, 5, bytes("06 01 0400 50")) } == [.truncated(.signalling, needed: 8, available: 5)])
    #expect(
      reasons { $0.l2cap(.received, 5, bytes("06 01 0200 5000")) } == [.truncated(.signalling, needed: 4, available: 2)]
    )
    #expect(
      reasons { $0.l2cap(.sent, 5, bytes("17 09 0200 2700")) } == [.truncated(.signalling, needed: 8, available: 2)])
  }

  @Test func `at the end of the capture SDUs in parts and requests without an answer are told`() {
    var script = Self.enhanced()
    script.l2cap(.received, 0x60, [3, 0, 1])
    script.sdu(.sent, 0x51, "0a 1700")
    script.sent("12 1700 01")
    script.received("1d 1700 01")
    let result = script.result
    #expect(
      result.problems.map(\.reason) == [
        .incomplete(.sdu, received: 1, expected: 3), .unanswered(.writeRequest, record: 6),
        .unanswered(.indication, record: 7), .unanswered(.readRequest, record: 5),
      ])
    #expect(result.problems.allSatisfy { $0.record == 7 && $0.connection == 1 })
  }

  @Test func `an SDU in parts is told at the end of its connection`() {
    var script = Self.enhanced()
    script.l2cap(.received, 0x60, [3, 0, 1])
    script.disconnect()
    #expect(script.result.problems.map(\.reason) == [.incomplete(.sdu, received: 1, expected: 3)])
  }
}
