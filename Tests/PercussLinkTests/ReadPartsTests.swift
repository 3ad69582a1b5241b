import PercussGATT
import PercussLink
import PercussTime
import Synchronization
import Testing

/// Long values come in parts: of one answer, or, with a host as bluetoothd, of one answer each.
struct ReadPartsTests {
  private static let value = (0..<50).map { UInt8($0) }

  private func run(
    _ traits: HostTraits, _ body: @escaping @Sendable (InMemoryLink, LongPeripheral) async throws -> Void
  ) throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let peripheral = LongPeripheral(value: Self.value, traits: traits)
      var parameters = RadioParameters()
      parameters.maximumTransmissionUnit = 23
      let link = try InMemoryLink.connect(to: peripheral, on: timeline, parameters: parameters)
      try await body(link, peripheral)
      await link.disconnect()
    }
  }

  @Test func `a long value is asked for once, and its parts agree`() throws {
    try run([]) { link, peripheral in
      let value = try await link.read(.percussFeature)
      #expect(value == Self.value)
      #expect(peripheral.offsets == [0])
      // Whoever begins in the middle gets what is there now.
      let end = try await link.read(.percussFeature, offset: 40)
      #expect(end == Array(Self.value[40...]))
      await #expect(throws: LinkError.attribute(.invalidOffset, characteristic: .percussFeature)) {
        try await link.read(.percussFeature, offset: 51)
      }
      #expect(peripheral.offsets == [0, 40, 51])
    }
  }

  @Test func `a host that asks for each part asks with its offset`() throws {
    try run([.asksForEachPart]) { link, peripheral in
      let value = try await link.read(.percussFeature)
      #expect(value == Self.value)
      #expect(peripheral.offsets == [0, 22, 44])
    }
  }

  @Test func `a host that goes by permissions lets through what properties forbid`() throws {
    for traits in [[], HostTraits.permitsByAttribute] {
      try run(traits) { link, peripheral in
        try? await link.write([1], to: .percussTelemetry, type: .request)
        try? await link.write([2], to: .percussRoutineData, type: .request)
        try? await link.write([3], to: .percussFeature, type: .request)
        // Neither readable nor writable: nothing is refused. Writable: however it is written. Only readable: not written.
        #expect(peripheral.writes == (traits.isEmpty ? [] : [[1], [2]]))
      }
    }
  }
}

/// Has one long value, and notes from where it is read.
private final class LongPeripheral: RadioPeripheral {
  let profile = Profile.percuss
  let hostTraits: HostTraits
  private let value: [UInt8]
  private let notes = Mutex<(offsets: [Int], writes: [[UInt8]])>(([], []))

  init(value: [UInt8], traits: HostTraits) {
    self.value = value
    hostTraits = traits
  }

  var offsets: [Int] { notes.withLock { $0.offsets } }
  var writes: [[UInt8]] { notes.withLock { $0.writes } }

  func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    answer(.success(value))
  }

  func read(
    _ characteristic: BluetoothUUID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    notes.withLock { $0.offsets.append(offset) }
    answer(offset <= value.count ? .success(Array(value[offset...])) : .failure(.invalidOffset))
  }

  func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    notes.withLock { $0.writes.append(value) }
    answer(nil)
  }

  func centralConnected(_ central: CentralID, port: any PeripheralPort) {}
  func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {}
  func subscriptionChanged(_ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID) {}
  func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {}
}
