import PercussDBus
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussBlueZ

/// bluetoothd asks, the application decides: as conversations.
@Suite struct PeripheralSessionTests {
  @Test func `a central is known from its first operation until bluetoothd says that it is gone`() {
    let talk = Conversation()
    talk.connects(anna)
    talk.expect([])
    talk.reads(.percussFeature, from: anna, .ask(one))
    talk.expect([.connected(one)])
    talk.writes([1, 2, 3], to: .percussControlPoint, from: anna, .ask([1, 2, 3], one, .request))
    talk.expect([])
    talk.session.deviceGone(anna, reason: .closedByRemote)
    talk.expect([.disconnected(one, .closedByRemote)])
    talk.connects(anna)
    talk.reads(.percussFeature, from: anna, .ask(two))
    talk.expect([.connected(two)])
  }

  @Test func `a central of which no connection was announced is asked about, and stays only if it is there`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: anna, .ask(one))
    talk.expect([.connected(one), .askWhetherConnected(anna)])
    talk.session.answered(isConnected: true, anna)
    talk.expect([])
    talk.session.deviceGone(anna, reason: .unspecified)
    talk.expect([.disconnected(one, .unspecified)])
    // A write that was on its way when the link ended.
    talk.writes([1], to: .percussControlPoint, from: anna, .ask([1], two, .request))
    talk.expect([.connected(two), .askWhetherConnected(anna)])
    talk.session.answered(isConnected: false, anna)
    talk.expect([.disconnected(two, .unspecified)])
  }

  @Test func `who names no device is refused`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: nil, .refuse(.unlikelyError))
    talk.writes([1], to: .percussControlPoint, from: nil, .refuse(.unlikelyError))
    #expect(talk.acquiresNotify(.percussTelemetry, ApplicationOptions()) == nil)
    #expect(talk.acquiresWrite(.percussClock, ApplicationOptions()) == nil)
    talk.expect([])
  }

  @Test func `what the profile forbids never reaches the peripheral`() {
    let talk = Conversation()
    talk.reads(.percussTelemetry, from: anna, .refuse(.readNotPermitted))
    talk.reads(BluetoothUUID(0x2A00), from: anna, .refuse(.readNotPermitted))
    talk.writes([1], to: .percussFeature, from: anna, .refuse(.writeNotPermitted))
    talk.session.notifyStarted(.percussFeature)
    #expect(talk.acquiresNotify(.percussControlPoint, options(anna)) == nil)
    #expect(talk.acquiresWrite(.percussControlPoint, options(anna)) == nil)
    talk.expect([])
  }

  @Test func `the parts of a long read agree`() {
    let talk = Conversation()
    talk.reads(.modelNumber, from: anna, .ask(one))
    #expect(talk.answers(to: one, of: .modelNumber, with: Array(0..<40), from: 0) == .success(Array(0..<40)))
    talk.reads(.modelNumber, from: anna, offset: 22, .answer(Array(22..<40)))
    talk.reads(.modelNumber, from: anna, offset: 40, .answer([]))
    talk.reads(.modelNumber, from: anna, offset: 41, .refuse(.invalidOffset))
    // Nothing is known of this one's value.
    talk.reads(.modelNumber, from: boris, offset: 22, .ask(two))
    #expect(talk.answers(to: two, of: .modelNumber, with: Array(0..<30), from: 22) == .success(Array(22..<30)))
    #expect(talk.answers(to: two, of: .modelNumber, with: [1], from: 22) == .failure(.invalidOffset))
    #expect(
      talk.answers(to: two, of: .modelNumber, with: [UInt8](repeating: 7, count: 600), from: 500)
        == .success([UInt8](repeating: 7, count: 12)))
  }

  @Test func `a long write is put together, and its permission writes nothing`() {
    let talk = Conversation()
    talk.writes([9], to: .percussControlPoint, from: anna, isPermission: true, .accept)
    talk.writes([1, 2, 3], to: .percussControlPoint, from: anna, .ask([1, 2, 3], one, .request))
    talk.writes([4, 5], to: .percussControlPoint, from: anna, offset: 3, .ask([1, 2, 3, 4, 5], one, .request))
    talk.writes([6], to: .percussControlPoint, from: anna, offset: 6, .refuse(.invalidOffset))
    talk.writes([6], to: .percussClock, from: anna, offset: 5, .refuse(.invalidOffset))
    talk.writes([6], to: .percussControlPoint, from: boris, offset: 5, .refuse(.invalidOffset))
    let most = [UInt8](repeating: 1, count: 512)
    talk.writes(most, to: .percussControlPoint, from: anna, .ask(most, one, .request))
    talk.writes([1], to: .percussControlPoint, from: anna, offset: 512, .refuse(.invalidAttributeValueLength))
  }

  @Test func `a write is a command where bluetoothd waits for no answer, or the characteristic gives none`() {
    let talk = Conversation()
    talk.writes([1], to: .percussControlPoint, from: anna, expectsReply: false, .ask([1], one, .command))
    talk.writes([1], to: .percussClock, from: anna, .ask([1], one, .command))
  }

  @Test func `a subscription is the first central's, and indications are everybody's`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: anna, .ask(one))
    talk.reads(.percussFeature, from: boris, .ask(two))
    _ = talk.session.takeOutputs()
    talk.session.notifyStarted(.percussControlPoint)
    talk.expect([
      .subscription(.percussControlPoint, isOn: true, one), .subscription(.percussControlPoint, isOn: true, two),
    ])
    #expect(talk.acquiresNotify(.percussTelemetry, options(anna)) == 23)
    talk.expect([.subscription(.percussTelemetry, isOn: true, one)])
    #expect(talk.session.way(for: .percussTelemetry, of: one) == .descriptor)
    #expect(talk.session.way(for: .percussTelemetry, of: two) == nil)
    #expect(talk.session.way(for: .percussEvent, of: one) == nil)
    // Of the second subscriber bluetoothd says nothing. When the first goes, its place is taken.
    talk.session.deviceGone(anna, reason: .closedByRemote)
    talk.expect([
      .disconnected(one, .closedByRemote), .subscription(.percussTelemetry, isOn: true, two), .offerWriters(true),
    ])
    talk.session.notifyStopped(.percussTelemetry)
    talk.session.notifyStopped(.percussControlPoint)
    talk.expect([
      .subscription(.percussTelemetry, isOn: false, two), .subscription(.percussControlPoint, isOn: false, two),
    ])
  }

  @Test func `an idle host that takes only the battery level does not take telemetry from the one that drives`() {
    let talk = Conversation()
    _ = talk.acquiresNotify(.batteryLevel, options(anna))
    _ = talk.acquiresNotify(.percussTelemetry, options(boris))
    talk.session.notifyStarted(.percussEvent)
    #expect(talk.session.way(for: .batteryLevel, of: one) == .descriptor)
    #expect(talk.session.way(for: .percussTelemetry, of: two) == .descriptor)
    #expect(talk.session.way(for: .percussEvent, of: two) == .signals)
  }

  @Test func `a subscription that a bond has kept is the next central's`() {
    let talk = Conversation()
    _ = talk.acquiresNotify(.percussTelemetry, options(anna))
    talk.session.deviceGone(anna, reason: .closedByRemote)
    _ = talk.session.takeOutputs()
    talk.reads(.percussFeature, from: anna, .ask(two))
    talk.expect([
      .connected(two), .askWhetherConnected(anna), .subscription(.percussTelemetry, isOn: true, two),
    ])
  }

  @Test func `one indication is on its way, and the others wait in order`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: anna, .ask(one))
    #expect(!talk.indicates(0, for: one))
    talk.session.notifyStarted(.percussControlPoint)
    _ = talk.session.takeOutputs()
    let taken = (1...20).map { talk.indicates($0, for: one) }
    #expect(taken.count { $0 } == 17)
    talk.expect([.indicate([1], .percussControlPoint)])
    for value in 2...17 as ClosedRange<UInt8> {
      talk.confirms()
      talk.expect([.confirmed(.percussControlPoint, one), .indicate([value], .percussControlPoint)])
    }
    talk.confirms()
    talk.expect([.confirmed(.percussControlPoint, one)])
    talk.confirms()
    talk.expect([])
    #expect(!talk.indicates(1, of: .percussTelemetry, for: one))
  }

  @Test func `an indication that nobody confirms holds the others back for 30 seconds`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: anna, .ask(one))
    talk.session.notifyStarted(.percussControlPoint)
    _ = talk.session.takeOutputs()
    #expect(talk.indicates(1, for: one) && talk.indicates(2, for: one))
    talk.expect([.indicate([1], .percussControlPoint)])
    #expect(talk.session.nextDeadline == instant(30))
    talk.session.tick(at: instant(29.9))
    talk.expect([])
    talk.session.tick(at: instant(30))
    talk.expect([.confirmed(.percussControlPoint, one), .indicate([2], .percussControlPoint)])
    #expect(talk.session.nextDeadline == instant(60))
  }

  @Test func `what waits for a central that has gone is dropped, and the next one's turn comes`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: anna, .ask(one))
    talk.reads(.percussFeature, from: boris, .ask(two))
    talk.session.notifyStarted(.percussControlPoint)
    _ = talk.session.takeOutputs()
    for (value, central) in [(1, one), (2, one), (3, two), (4, one)] { #expect(talk.indicates(value, for: central)) }
    talk.expect([.indicate([1], .percussControlPoint)])
    talk.session.deviceGone(anna, reason: .unspecified)
    talk.expect([
      .disconnected(one, .unspecified), .indicate([3], .percussControlPoint), .offerWriters(true),
    ])
    #expect(!talk.indicates(5, for: one))
    talk.session.notifyStopped(.percussControlPoint)
    #expect(talk.session.nextDeadline == nil)
  }

  @Test func `descriptors for writing are there for one device alone`() {
    let talk = Conversation()
    talk.connects(anna)
    #expect(talk.acquiresWrite(.percussRoutineData, options(anna, mtu: 247)) == 247)
    #expect(talk.packet(on: .percussRoutineData) == one)
    #expect(talk.packet(on: .percussClock) == nil)
    talk.expect([.connected(one)])
    talk.connects(boris)
    talk.expect([.closeWriters([.percussRoutineData]), .offerWriters(false)])
    #expect(talk.packet(on: .percussRoutineData) == nil)
    #expect(talk.acquiresWrite(.percussRoutineData, options(boris)) == nil)
    _ = talk.session.takeOutputs()
    talk.session.deviceGone(boris, reason: .unspecified)
    talk.expect([.disconnected(two, .unspecified), .offerWriters(true)])
    #expect(talk.acquiresWrite(.percussRoutineData, options(anna)) == 247)
    talk.session.deviceGone(anna, reason: .unspecified)
    talk.expect([.closeWriters([.percussRoutineData]), .disconnected(one, .unspecified)])
  }

  @Test func `when bluetoothd or the adapter goes, everybody is gone and nobody subscribed`() {
    let talk = Conversation()
    talk.reads(.percussFeature, from: anna, .ask(one))
    talk.session.notifyStarted(.percussControlPoint)
    _ = talk.acquiresNotify(.percussTelemetry, options(anna))
    _ = talk.acquiresWrite(.percussClock, options(anna))
    #expect(talk.indicates(1, for: one))
    _ = talk.session.takeOutputs()
    talk.session.registrationEnded(reason: .closedLocally)
    talk.expect([.closeWriters([.percussClock]), .disconnected(one, .closedLocally)])
    #expect(talk.session.nextDeadline == nil)
    talk.reads(.percussFeature, from: anna, .ask(two))
    talk.expect([.connected(two), .askWhetherConnected(anna)])
    #expect(!talk.session.isSubscribed(two, to: .percussTelemetry))
  }

  @Test func `options of other types are passed over`() {
    let parsed = ApplicationOptions(
      .properties([
        "device": .string("/not/a/path"), "offset": .string("7"), "mtu": .uint16(9), "type": .byte(1),
        "prepare-authorize": .uint16(1),
      ]))
    #expect(parsed == ApplicationOptions())
    #expect(ApplicationOptions(nil) == ApplicationOptions())
    for offset: DBusValue in [
      .int16(-1), .int64(.min), .int64(.max), .uint32(65_536), .uint64(.max), .double(-1), .variant(.int32(-7)),
    ] {
      #expect(ApplicationOptions(.properties(["offset": offset])).offset == 0, "\(offset)")
      #expect(ApplicationOptions(.properties(["mtu": offset])).maximumTransmissionUnit == nil, "\(offset)")
    }
    var all = ApplicationOptions(device: anna)
    all.offset = 7
    all.maximumTransmissionUnit = 517
    all.type = .command
    all.isPrepareAuthorization = true
    #expect(
      ApplicationOptions(
        .properties([
          "device": .objectPath(anna), "offset": .uint16(7), "mtu": .uint16(517), "link": .string("LE"),
          "type": .string("command"), "prepare-authorize": .boolean(true),
        ])) == all)
  }
}

private let anna = BlueZ.namespace.appending("hci0").appending("dev_AA_00_00_00_00_01")
private let boris = BlueZ.namespace.appending("hci0").appending("dev_BB_00_00_00_00_02")
private let one = CentralID(rawValue: 1)
private let two = CentralID(rawValue: 2)

private func instant(_ seconds: Double) -> MonotonicInstant { .zero.advanced(by: .seconds(seconds)) }

private func options(_ device: ObjectPath, mtu: Int? = nil) -> ApplicationOptions {
  var options = ApplicationOptions(device: device)
  options.maximumTransmissionUnit = mtu
  return options
}

private final class Conversation {
  var session = PeripheralSession(profile: .percuss)

  func connects(_ device: ObjectPath) { session.deviceConnected(device) }

  func reads(
    _ uuid: BluetoothUUID, from device: ObjectPath?, offset: Int = 0, _ step: PeripheralSession.ReadStep,
    _ location: SourceLocation = #_sourceLocation
  ) {
    var options = ApplicationOptions(device: device)
    options.offset = offset
    #expect(session.read(uuid, options) == step, sourceLocation: location)
  }

  func writes(
    _ value: [UInt8], to uuid: BluetoothUUID, from device: ObjectPath?, offset: Int = 0, isPermission: Bool = false,
    expectsReply: Bool = true, _ step: PeripheralSession.WriteStep, _ location: SourceLocation = #_sourceLocation
  ) {
    var options = ApplicationOptions(device: device)
    options.offset = offset
    options.isPrepareAuthorization = isPermission
    #expect(
      session.write(value, to: uuid, options, expectsReply: expectsReply) == step, sourceLocation: location)
  }

  func indicates(_ value: Int, of uuid: BluetoothUUID = .percussControlPoint, for central: CentralID) -> Bool {
    session.indicate([UInt8(value)], of: uuid, for: central, at: .zero)
  }

  func acquiresNotify(_ uuid: BluetoothUUID, _ options: ApplicationOptions) -> Int? {
    session.acquireNotify(uuid, options)
  }

  func acquiresWrite(_ uuid: BluetoothUUID, _ options: ApplicationOptions) -> Int? {
    session.acquireWrite(uuid, options)
  }

  func packet(on uuid: BluetoothUUID) -> CentralID? { session.packet(on: uuid) }

  func answers(
    to central: CentralID, of uuid: BluetoothUUID, with value: [UInt8], from offset: Int
  ) -> Result<[UInt8], ATTError> {
    session.answer(to: central, of: uuid, with: value, from: offset)
  }

  func confirms() { session.confirmed(.percussControlPoint, at: .zero) }

  func expect(_ outputs: [PeripheralSession.Output], _ location: SourceLocation = #_sourceLocation) {
    #expect(session.takeOutputs() == outputs, sourceLocation: location)
  }
}
