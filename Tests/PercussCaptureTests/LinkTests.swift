import PercussCapture
import PercussGATT
import Testing

/// From HCI to ATT: connections, fragments, channels.
struct LinkTests {
  @Test func `a connection has its address, role and parameters, and its end`() {
    var script = Script()
    script.connect(interval: 24)
    script.event(0x3E, [0x03, 0] + little(Script.handle) + little(12) + little(1) + little(100))
    script.event(0x3E, [0x03, 0x3B] + little(Script.handle) + little(12) + little(1) + little(100))
    script.event(0x08, [0] + little(Script.handle) + [1])
    script.disconnect(reason: 0x08)
    script.disconnect()
    let events = script.result.connections
    #expect(
      events.map(\.kind) == [
        .connected(CapturedParameters(interval: 24, latency: 0, timeout: 42)),
        .parameters(CapturedParameters(interval: 12, latency: 1, timeout: 100)), .parametersRefused(status: 0x3B),
        .encryption(isOn: true), .disconnected(reason: 8),
      ])
    #expect(events.allSatisfy { $0.connection.number == 1 && $0.connection.role == .central })
    #expect(
      events[0].connection.peer?.description == "C8:2E:47:0A:11:02" && events[0].connection.peer?.isRandom == true)
    #expect(events[0].time.microseconds == 1000)
  }

  @Test(arguments: [(UInt8(0x0A), 31), (0x29, 34)])
  func `enhanced connection events`(subevent: UInt8, length: Int) {
    var script = Script()
    var event = [subevent, 0] + little(0x41) + [1, 2] + Script.peer + [UInt8](repeating: 0, count: 12)
    event += little(6) + little(2) + little(50) + [0]
    event += [UInt8](repeating: 0, count: length - event.count)
    script.event(0x3E, event)
    let connection = script.result.connections.first
    #expect(connection?.kind == .connected(CapturedParameters(interval: 6, latency: 2, timeout: 50)))
    #expect(connection?.connection.role == .peripheral && connection?.connection.handle == 0x41)
    #expect(connection?.connection.peer?.isRandom == false)
  }

  @Test func `a connection that fails, a reset, and adapters that come and go`() {
    var script = Script()
    script.packet(.controllerAdded, .sent, [0, 1] + [6, 5, 4, 3, 2, 1] + Array("hci0\0\0\0\0".utf8))
    script.connect(status: 0x3E)
    script.connect()
    script.event(0x0E, bytes("01 030c 00"))
    script.event(0x0E, bytes("01 0910 00 060504030209"))
    script.connect()
    script.packet(.controllerRemoved, .sent, [])
    let result = script.result
    #expect(
      result.controllers.map(\.kind) == [
        .added, .address(CapturedAddress(0x0102_0304_0506, isRandom: false)),
        .connectionFailed(peer: CapturedAddress(0xC82E_470A_1102, isRandom: true), status: 0x3E), .reset,
        .address(CapturedAddress(0x0902_0304_0506, isRandom: false)), .removed,
      ])
    #expect(result.connections.map(\.connection.number) == [1, 1, 2, 2])
    #expect(result.connections[1].kind == .disconnected(reason: nil))
    #expect(result.connections[3].kind == .disconnected(reason: nil))
  }

  @Test func `fragments of both directions, mixed with those of another connection`() {
    var script = Script()
    let pdu = little(7) + little(4) + bytes("1b 1700 01020304")
    script.acl(.received, Array(pdu[..<5]))
    script.acl(.sent, little(7) + little(4) + [0x52])
    script.link = 0x41
    script.acl(.received, Array(pdu[..<4]))
    script.link = Script.handle
    script.acl(.received, Array(pdu[5..<8]), begins: false)
    script.acl(.sent, bytes("1700 05060708"), begins: false)
    script.link = 0x41
    script.acl(.received, Array(pdu[4...]), begins: false)
    script.link = Script.handle
    script.acl(.received, Array(pdu[8...]), begins: false)
    let result = script.result
    #expect(result.problems.isEmpty)
    #expect(result.values.map(\.event.record) == [5, 6, 7])
    #expect(result.values.map(\.event.operation) == [.writeCommand, .notification, .notification])
    #expect(result.values.map(\.bytes) == [[5, 6, 7, 8], [1, 2, 3, 4], [1, 2, 3, 4]])
    #expect(result.values.map(\.event.connection) == [1, 2, 1])
    #expect(result.connections.allSatisfy { $0.kind == .found })
  }

  @Test(arguments: [[1], [2], [3], [1, 2], [1, 1, 1], [1, 3], [2, 9], [3, 1, 6]])
  func `an L2CAP header that comes in parts is joined`(lengths: [Int]) {
    var script = Script()
    var rest = (little(7) + little(4) + bytes("1b 1700 01020304"))[...]
    for (index, length) in lengths.enumerated() {
      script.acl(.received, Array(rest.prefix(length)), begins: index == 0)
      rest = rest.dropFirst(length)
    }
    if !rest.isEmpty { script.acl(.received, Array(rest), begins: false) }
    script.received("1b 1700 aa")
    let result = script.result
    #expect(result.problems.isEmpty, "\(result.problems)")
    #expect(result.values.map(\.bytes) == [[1, 2, 3, 4], [0xAA]])
  }

  @Test func `a header in parts that states less than came is told`() {
    var script = Script()
    script.received("1b 1700 00")
    script.acl(.received, [1, 0, 4])
    script.acl(.received, [0, 1, 2], begins: false)
    script.received("1b 1700 aa")
    let result = script.result
    #expect(result.problems.map(\.reason) == [.lengthDiffers(.l2cap, stated: 5, actual: 6)])
    #expect(result.values.last?.bytes == [0xAA])
  }

  @Test func `what is wrong with fragments is told, and the next PDU is good`() {
    let good = "1b 1700 aa"
    var script = Script()
    func problems(_ write: (inout Script) -> Void) -> [CaptureProblem.Reason] {
      var script = script
      write(&script)
      script.received(good)
      let result = script.result
      #expect(result.values.last?.bytes == [0xAA])
      return result.problems.map(\.reason)
    }
    script.received("1b 1700 00")
    #expect(problems { $0.acl(.received, [1, 2], begins: false) } == [.unexpectedContinuation])
    #expect(problems { $0.acl(.received, [9, 0, 4, 0, 1]) } == [.incomplete(.l2cap, received: 5, expected: 13)])
    #expect(problems { $0.acl(.received, [9, 0]) } == [.incomplete(.l2cap, received: 2, expected: 4)])
    #expect(problems { $0.acl(.received, []) } == [.truncated(.l2cap, needed: 4, available: 0)])
    #expect(problems { $0.acl(.received, [1, 0, 4, 0, 1, 2]) } == [.lengthDiffers(.l2cap, stated: 5, actual: 6)])
    #expect(
      problems {
        $0.acl(.received, [3, 0, 4, 0, 1])
        $0.acl(.received, [1, 2, 3], begins: false)
      } == [.lengthDiffers(.l2cap, stated: 7, actual: 8)])
    #expect(problems { $0.packet(.acl, .received, [0x40]) } == [.truncated(.acl, needed: 4, available: 1)])
    #expect(
      problems { $0.packet(.acl, .received, [0x40, 0x20, 9, 0, 1]) } == [.lengthDiffers(.acl, stated: 9, actual: 1)])
    #expect(problems { $0.l2cap(.received, 4, []) } == [.truncated(.att, needed: 1, available: 0)])
  }

  @Test func `the place of a mistake is its byte in the file`() {
    var script = Script()
    script.received("1b 1700 00")
    let start = UInt64(script.file.count) + 24
    script.received("1b 17")
    let problem = script.result.problems.first
    #expect(problem?.reason == .truncated(.att, needed: 3, available: 2))
    #expect(problem?.record == 2 && problem?.fileOffset == start + 8 && problem?.connection == 1)
    #expect(script.file[Int(start) + 8] == 0x1B)
  }

  @Test func `a mistake in a PDU that came in parts is placed at the last of them`() {
    var script = Script()
    script.acl(.received, [1, 0, 4, 0])
    let start = UInt64(script.file.count) + 24
    script.acl(.received, [0x99], begins: false)
    let result = script.result
    #expect(result.problems.allSatisfy { $0.record == 2 && $0.fileOffset == start + 4 }, "\(result.problems)")
    var parts = Script()
    parts.acl(.received, bytes("0800 0400 1b 1700"))
    let second = UInt64(parts.file.count) + 24
    parts.acl(.received, bytes("01020304 05"), begins: false)
    #expect(parts.result.values.map(\.event.fileOffset) == [second + 4])
  }

  @Test func `what came in parts is not joined over a gap, of whichever controller`() {
    // ACL data from adapters 0 and 1, as the Linux monitor records them.
    func record(_ data: String, adapter: UInt8, drops: UInt8) -> [UInt8] {
      let data = bytes(data)
      let length = [0, 0, 0, UInt8(data.count)]
      return length + length + [0, adapter, 0, 5, 0, 0, 0, drops] + ReaderTests.epoch + data
    }
    let file =
      ReaderTests.btsnoop + bytes("000007d1") + record("4020 0900 0700 0400 1b 1700 01aa", adapter: 0, drops: 0)
      + record("4020 0800 0400 0400 1b 1700 55", adapter: 1, drops: 2)
      + record("4010 0200 bbcc", adapter: 0, drops: 2)
    let result = read(file).1
    #expect(result.values.map(\.bytes) == [[0x55]])
    #expect(result.problems.map(\.reason).contains(.unexpectedContinuation))
  }

  @Test func `a PDU that is not whole at the end of the capture is told`() {
    var script = Script()
    script.acl(.received, [9, 0, 4, 0, 1])
    #expect(script.result.problems.map(\.reason) == [.incomplete(.l2cap, received: 5, expected: 13)])
  }

  @Test func `a handle that is used anew tells that its connection was replaced`() {
    var script = Script()
    script.connect()
    script.connect()
    // BR/EDR takes it.
    script.event(0x03, [0] + little(Script.handle) + Script.peer + [1, 0])
    let result = script.result
    #expect(
      result.connections.map(\.kind) == [
        .connected(CapturedParameters(interval: 24, latency: 0, timeout: 42)), .replaced,
        .connected(CapturedParameters(interval: 24, latency: 0, timeout: 42)), .replaced,
      ])
    #expect(result.connections.map(\.connection.number) == [1, 1, 2, 2])
  }

  @Test func `a packet that the recorder cut, and packets that it lost`() {
    let file =
      ReaderTests.btsnoop + bytes("000003ea")
      + ReaderTests.record(bytes("02 4020 0800 0400 0400 1b 1700"), flags: 1, missing: 1)
      + ReaderTests.record(bytes("02 4020 0800 0400 0400 1b 1700 55"), flags: 1, drops: 3)
    let result = read(file).1
    #expect(result.problems.map(\.reason) == [.packetCut(missing: 1), .packetsLost(3)])
    #expect(result.values.map(\.bytes) == [[0x55]])
  }

  @Test func `H4 of pcap without directions is told apart by the flags of its fragments`() {
    func record(_ data: [UInt8]) -> [UInt8] {
      bytes("00000000 00000000") + [UInt8(data.count), 0, 0, 0, UInt8(data.count), 0, 0, 0] + data
    }
    let file =
      ReaderTests.pcapHeader("d4c3b2a1", link: [187, 0, 0, 0]) + record(bytes("02 4000 0700 0300 0400 0a 1700"))
      + record(bytes("02 4020 0500 0300 0400 0b")) + record(bytes("02 4010 0200 1122"))
      + record(bytes("02 4000 0500 0300 0400 52")) + record(bytes("02 4010 0200 1700"))
    let result = read(file).1
    #expect(result.problems.isEmpty)
    #expect(result.values.map(\.event.direction) == [.sent, .received, .sent])
    #expect(result.values[1].bytes == [0x11, 0x22] && result.values[1].event.handle == 0x17)
  }

  @Test func `HCI events that are too short are told, and those that nobody needs are not`() {
    var script = Script()
    script.packet(.event, .received, [0x3E])
    script.packet(.event, .received, [0x3E, 19, 1, 0])
    script.event(0x3E, [0x01, 0, 0x40])
    script.event(0x05, [0])
    script.packet(.event, .received, [0x13, 9])
    script.event(0x3E, [0x02, 1])
    #expect(
      script.result.problems.map(\.reason) == [
        .truncated(.event, needed: 2, available: 1), .truncated(.event, needed: 21, available: 4),
        .truncated(.event, needed: 21, available: 5), .truncated(.event, needed: 6, available: 3),
      ])
  }

  @Test func `more connections than the limit are left out and told`() {
    var script = Script()
    for handle in 0..<UInt16(CaptureLimits.connections + 2) {
      script.link = handle
      script.connect()
    }
    script.link = 0x0E00
    script.received("1b 1700 00")
    let result = script.result
    #expect(result.connections.count == CaptureLimits.connections)
    #expect(result.problems.count == 3 && result.values.isEmpty)
  }

  @Test func `pending bytes have a limit`() {
    var script = Script()
    // 65539 bytes are announced by each.
    for handle in 0..<UInt16(257) {
      script.link = handle
      script.acl(.received, [0xFF, 0xFF, 4, 0, 0])
      if handle == 255 { script.link = 0; script.acl(.sent, [0xFF, 0xFF, 4, 0, 0]) }
    }
    let reasons = script.result.problems.map(\.reason)
    #expect(reasons.contains(.limit("more than 16777216 bytes of incomplete PDUs")))
  }
}
