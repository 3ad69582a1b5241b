import Foundation
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussCapture

/// A recording that is made by hand, and read again.
struct WrittenConversation {
  var log = MonitorLog(clock: .virtual)
  var writer: ConversationWriter
  var now = MonotonicInstant.zero

  init(
    _ role: CapturedRole = .central, mtu: Int = 247, asksForEachPart: Bool = false, profile: Profile = .percuss,
    begins: Bool = true
  ) {
    var connection = ConversationWriter.Connection(
      role: role, peer: .madeUpPeer, controller: 0, handle: 1, maximumTransmissionUnit: mtu)
    connection.asksForEachPart = asksForEachPart
    writer = ConversationWriter(connection, profile: profile)
    if begins { perform { $0.begin(at: $1, &$2) } }
  }

  /// One thing after the other, a millisecond apart.
  @discardableResult
  mutating func perform<Success>(
    _ body: (inout ConversationWriter, MonotonicInstant, inout MonitorLog) -> Success
  ) -> Success {
    now += .milliseconds(1)
    return body(&writer, now, &log)
  }

  var result: Recorder { read(log.bytes).1 }
}

/// What is recorded is what a host would have recorded.
struct ConversationTests {
  @Test func `a conversation comes back as it was`() {
    var talk = WrittenConversation()
    let configuring = talk.perform { $0.request(.configure(.percussControlPoint, isSubscribed: true), at: $1, &$2) }
    talk.perform { $0.answer(configuring, .success([]), at: $1, &$2) }
    let battery = talk.perform { $0.request(.configure(.batteryLevel, isSubscribed: true), at: $1, &$2) }
    talk.perform { $0.answer(battery, .success([]), at: $1, &$2) }
    let reading = talk.perform { $0.request(.read(.batteryLevel, offset: 0), at: $1, &$2) }
    talk.perform { $0.answer(reading, .success([100]), at: $1, &$2) }
    let refused = talk.perform { $0.request(.write([1, 2], .percussControlPoint), at: $1, &$2) }
    talk.perform { $0.answer(refused, .failure(.invalidAttributeValueLength), at: $1, &$2) }
    let written = talk.perform { $0.request(.write(bytes(Sample.setSpeed), .percussControlPoint), at: $1, &$2) }
    talk.perform { $0.answer(written, .success([]), at: $1, &$2) }
    talk.perform { $0.value([0x93, 7, 0, 1, 0], of: .percussControlPoint, at: $1, &$2) }
    talk.perform { $0.command(bytes(Sample.stop), to: .percussControlPoint, at: $1, &$2) }
    talk.perform { $0.value([99], of: .batteryLevel, at: $1, &$2) }
    talk.perform { $0.end(.closedByRemote, at: $1, &$2) }
    let result = talk.result
    #expect(result.problems.isEmpty, "\(result.problems)")
    let name = "Control Point"
    #expect(
      result.shown == [
        "write_request Control Point/2902 02 00", "write_request Battery Level/2902 01 00",
        "read_response Battery Level 64", "write_request \(name) 01 02", "write_request \(name) \(Sample.setSpeed)",
        "indication \(name) 93 07 00 01 00", "write_command \(name) \(Sample.stop)", "notification Battery Level 63",
      ])
    let operations = result.values.map(\.event.operation)
    #expect(operations.contains(.errorResponse) && operations.contains(.confirmation))
    #expect(result.connections.map(\.kind).last == .disconnected(reason: 0x13))
    #expect(result.connections.contains { $0.kind == .mtu(client: 247, server: 247, agreed: 247) })
  }

  /// Two services with what a profile can have: long and short types, descriptors, a characteristic that is there twice.
  private static let manifold = Profile(services: [
    ServiceDescription(
      BluetoothUUID(0xFFE0), name: "Short",
      characteristics: [
        .init(BluetoothUUID(0xFFE1), name: "One", properties: [.notify, .write], descriptors: [BluetoothUUID(0x2901)]),
        .init(.percussClock, name: "Clock", properties: [.read], descriptors: [.percussEvent, BluetoothUUID(0x2904)]),
        .init(BluetoothUUID(0xFFE1), name: "One again", properties: [.indicate]),
      ]),
    ServiceDescription(.percussService, name: "Empty", characteristics: []), .battery,
  ])

  @Test(arguments: [23, 24, 65, 247, 517])
  func `the discovery tells every attribute, whatever fits into a PDU`(mtu: Int) {
    for profile in [Profile.percuss, Self.manifold] {
      let talk = WrittenConversation(mtu: mtu, profile: profile)
      let (reading, recorder) = read(talk.log.bytes)
      #expect(reading.error == nil && recorder.problems.isEmpty, "\(recorder.problems)")
      // An ACL packet is a PDU here: behind HCI and L2CAP, it is no longer than ATT_MTU.
      #expect(reading.records.filter { $0.kind == .acl }.allSatisfy { $0.data.count - 8 <= mtu })
      var decoder = CaptureDecoder()
      var reader = CaptureReader()
      var position = 0
      var ignored = Recorder()
      let file = talk.log.bytes.span.bytes
      while let record = try? reader.next(in: file, at: &position, isLast: true) {
        decoder.decode(record, file.extracting(record.data), into: &ignored)
      }
      let found = decoder.handles.attributes(of: .madeUpPeer)
      let laidOut = AttributeLayout(profile).services.flatMap(\.attributes)
      #expect(found.map(\.0) == laidOut.map(\.handle))
      #expect(found.map(\.1) == laidOut.map { $0.declared == nil ? $0.type : BluetoothUUID(0x2803) })
      #expect(laidOut.map(\.handle) == (1...UInt16(laidOut.count)).map { $0 })
    }
  }

  @Test(arguments: [0, 1, 21, 22, 23, 43, 44, 45, 511, 512])
  func `a long value is read in parts that make it whole`(length: Int) {
    let value = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    var talk = WrittenConversation(mtu: 23)
    let reading = talk.perform { $0.request(.read(.manufacturerName, offset: 0), at: $1, &$2) }
    talk.perform { $0.answer(reading, .success(value), at: $1, &$2) }
    let result = talk.result
    #expect(result.problems.isEmpty, "\(result.problems)")
    let parts = result.values.filter { [.readResponse, .readBlobResponse].contains($0.event.operation) }
    #expect(parts.flatMap(\.bytes) == value)
    #expect(parts.allSatisfy { $0.bytes.count <= 22 })
    // What fills its PDU may go on.
    #expect(parts.count == min(length / 22 + 1, (512 + 21) / 22))
  }

  @Test func `where a host asks for each part, an answer is one part`() {
    var talk = WrittenConversation(.peripheral, mtu: 23, asksForEachPart: true)
    let value = [UInt8](repeating: 7, count: 30)
    for offset in [0, 22] {
      let reading = talk.perform { $0.request(.read(.manufacturerName, offset: offset), at: $1, &$2) }
      talk.perform { $0.answer(reading, .success(Array(value.dropFirst(offset))), at: $1, &$2) }
    }
    let parts = talk.result.values.filter { [.readResponse, .readBlobResponse].contains($0.event.operation) }
    #expect(parts.map(\.event.operation) == [.readResponse, .readBlobResponse])
    #expect(parts.map(\.bytes.count) == [22, 8])
  }

  @Test func `a request waits for the answer to the one before`() {
    var talk = WrittenConversation()
    let first = talk.perform { $0.request(.read(.batteryLevel, offset: 0), at: $1, &$2) }
    let second = talk.perform { $0.request(.write([1], .percussControlPoint), at: $1, &$2) }
    let never = talk.perform { $0.request(.write([2], .percussControlPoint), at: $1, &$2) }
    let third = talk.perform { $0.request(.read(.modelNumber, offset: 0), at: $1, &$2) }
    talk.perform { $0.answer(second, .success([]), at: $1, &$2) }
    talk.writer.abandon(never)
    talk.perform { $0.answer(first, .success([9]), at: $1, &$2) }
    talk.writer.abandon(third)
    talk.perform { $0.answer(third, .success([1]), at: $1, &$2) }
    let result = talk.result
    let last = result.values.suffix(5).map(\.event.operation)
    #expect(last == [.readRequest, .readResponse, .writeRequest, .writeResponse, .readRequest])
    // The one that was sent, and given up.
    guard case .unanswered(.readRequest, _)? = result.problems.first?.reason, result.problems.count == 1 else {
      Issue.record("\(result.problems)")
      return
    }
    #expect(!result.shown.contains("write_request Control Point 02"))
  }

  @Test func `a peripheral sends an indication when the one before is confirmed`() {
    var talk = WrittenConversation(.peripheral)
    talk.perform { $0.value([1], of: .percussControlPoint, at: $1, &$2) }
    talk.perform { $0.value([2], of: .percussControlPoint, at: $1, &$2) }
    talk.perform { $0.confirmed(at: $1, &$2) }
    talk.perform { $0.confirmed(at: $1, &$2) }
    // None is on its way.
    talk.perform { $0.confirmed(at: $1, &$2) }
    let result = talk.result
    #expect(
      result.values.suffix(4).map(\.event.operation) == [.indication, .confirmation, .indication, .confirmation])
    #expect(result.values.suffix(4).map(\.event.direction) == [.sent, .received, .sent, .received])
    #expect(result.connections.first?.connection.role == .peripheral)
  }

  @Test func `what has no place is left out, and counted`() {
    var talk = WrittenConversation()
    let before = talk.log.bytes
    let stranger = BluetoothUUID(0xFFFF)
    let asked = talk.perform { $0.request(.read(stranger, offset: 0), at: $1, &$2) }
    #expect(asked == nil)
    // Feature has no configuration.
    let configured = talk.perform { $0.request(.configure(.percussFeature, isSubscribed: true), at: $1, &$2) }
    #expect(configured == nil)
    talk.perform { $0.command([1], to: stranger, at: $1, &$2) }
    talk.perform { $0.value([1], of: stranger, at: $1, &$2) }
    talk.perform { $0.answer(asked, .success([]), at: $1, &$2) }
    // What nobody answers was no value either.
    #expect(talk.writer.leftOut == 3)
    #expect(talk.log.bytes == before)
    talk.perform { $0.end(.hostLost, at: $1, &$2) }
    let ended = talk.log.bytes
    talk.perform { $0.command([1], to: .percussClock, at: $1, &$2) }
    talk.perform { $0.end(.hostLost, at: $1, &$2) }
    #expect(talk.log.bytes == ended)
  }

  @Test func `no more than a number of requests waits`() {
    var talk = WrittenConversation()
    for _ in 0..<ConversationWriter.pendingLimit {
      #expect(talk.perform { $0.request(.read(.batteryLevel, offset: 0), at: $1, &$2) } != nil)
    }
    let surplus = talk.perform { $0.request(.read(.batteryLevel, offset: 0), at: $1, &$2) }
    #expect(surplus == nil)
    talk.perform { $0.answer(surplus, .success([1]), at: $1, &$2) }
    #expect(talk.writer.leftOut == 1)
  }

  @Test func `no record is before the one in front of it`() {
    var talk = WrittenConversation()
    talk.now = MonotonicInstant(nanoseconds: 5_000_000)
    talk.perform { $0.value([1], of: .batteryLevel, at: $1, &$2) }
    talk.now = .zero
    talk.perform { $0.value([2], of: .batteryLevel, at: $1, &$2) }
    talk.perform { $0.value([3], of: .batteryLevel, at: .distantFuture + $1.duration(to: .zero), &$2) }
    let times = read(talk.log.bytes).0.records.map(\.time)
    #expect(times == times.sorted())
    #expect(times.dropFirst(times.count - 3).first?.microseconds == 6000)
  }

  @Test func `a profile that is larger than the handles is cut`() {
    let characteristics = (0..<20_000).map {
      CharacteristicDescription(BluetoothUUID(0x3000 + UInt16($0)), name: "", properties: [.notify])
    }
    let service = ServiceDescription(.percussService, name: "", characteristics: characteristics)
    let layout = AttributeLayout(Profile(services: [service, service, .battery]))
    #expect(layout.services.count == 1)
    #expect(layout.services.first?.handles == 1...60_001)
    #expect(layout.value(of: .batteryLevel) == nil)
  }
}
