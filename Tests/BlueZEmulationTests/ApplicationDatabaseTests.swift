import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import Testing

@testable import PercussSimulator

/// Centrals ask over the air, an application answers on the bus; bluetoothd in between, as conversations.
@Suite struct ApplicationDatabaseTests {
  @Test func `a write with response awaits the application`() {
    let talk = Conversation()
    talk.writes([1], to: plain, .writeValue(plain, [1], anna, number: 1))
  }

  @Test func `what can be written without response awaits nobody`() {
    let talk = Conversation()
    talk.expect(
      talk.database.write([1], to: hasty, by: anna, number: 7),
      [.writeValue(hasty, [1], anna, number: nil), .answer(7, nil)])
  }

  @Test func `a descriptor for writing is asked for once, and what comes meanwhile waits`() {
    let talk = Conversation()
    talk.expect(talk.database.write([1], to: streamed, by: anna, number: 1), [.acquireWrite(streamed, anna)])
    talk.expect(talk.database.write([2], to: streamed, by: boris, number: 2), [])
    talk.expect(
      talk.database.writerAcquired(streamed, nil),
      [.sendPacket(streamed, [1]), .answer(1, nil), .sendPacket(streamed, [2]), .answer(2, nil)])
    talk.expect(
      talk.database.write([3], to: streamed, by: anna, number: 3), [.sendPacket(streamed, [3]), .answer(3, nil)])
    // It is nobody's: it outlives links, and closes only from the other end.
    talk.expect(talk.database.disconnected(anna), [])
    talk.database.writerClosed(streamed)
    talk.expect(talk.database.write([4], to: streamed, by: boris, number: 4), [.acquireWrite(streamed, boris)])
  }

  @Test func `a refused descriptor is an error, or without a reason another way`() {
    let talk = Conversation()
    _ = talk.database.write([1], to: streamed, by: anna, number: 1)
    talk.expect(talk.database.writerAcquired(streamed, .writeNotPermitted), [.answer(1, .writeNotPermitted)])
    _ = talk.database.write([1], to: streamed, by: anna, number: 2)
    talk.expect(
      talk.database.writerAcquired(streamed, .unlikelyError),
      [.writeValue(streamed, [1], anna, number: nil), .answer(2, nil)])
    talk.expect(talk.database.writerAcquired(streamed, nil), [.closeWriter(streamed)])
  }

  @Test func `too many writes for a descriptor that does not come are refused`() {
    let talk = Conversation()
    for number in 1...64 { _ = talk.database.write([1], to: streamed, by: anna, number: number) }
    talk.expect(talk.database.write([1], to: streamed, by: anna, number: 65), [.answer(65, .insufficientResources)])
  }

  @Test func `an application that withdraws a property is asked in the other way`() {
    let talk = Conversation()
    talk.database.properties(of: streamed, appeared: [], gone: ["WriteAcquired"])
    talk.expect(
      talk.database.write([1], to: streamed, by: anna, number: 1),
      [.writeValue(streamed, [1], anna, number: nil), .answer(1, nil)])
    talk.database.properties(of: streamed, appeared: ["WriteAcquired"], gone: [])
    talk.expect(talk.database.write([1], to: streamed, by: anna, number: 2), [.acquireWrite(streamed, anna)])
  }

  @Test func `each subscriber has the application start, the last one has it stop, and all get the values`() {
    let talk = Conversation()
    talk.expect(talk.database.subscribe(anna, to: indicated), [.startNotify(indicated)])
    talk.expect(talk.database.subscribe(anna, to: indicated), [])
    talk.expect(talk.database.subscribe(boris, to: indicated), [.startNotify(indicated)])
    talk.expect(
      talk.database.value([1], of: indicated), [.indicate(indicated, [1], anna), .indicate(indicated, [1], boris)])
    talk.expect(talk.database.disconnected(anna), [])
    talk.expect(talk.database.value([2], of: indicated), [.indicate(indicated, [2], boris)])
    talk.expect(talk.database.unsubscribe(boris, from: indicated), [.stopNotify(indicated)])
    talk.expect(talk.database.unsubscribe(boris, from: indicated), [])
    talk.expect(talk.database.value([3], of: indicated), [])
  }

  @Test func `a descriptor for notifications is asked for by the first, and closed after the last`() {
    let talk = Conversation()
    talk.expect(talk.database.subscribe(anna, to: streamed), [.acquireNotify(streamed, anna)])
    talk.expect(talk.database.subscribe(boris, to: streamed), [])
    talk.expect(talk.database.notifierAcquired(streamed, isRefused: false, mayStart: false), [])
    talk.expect(
      talk.database.value([UInt8](repeating: 1, count: 600), of: streamed),
      [anna, boris].map { .notify(streamed, [UInt8](repeating: 1, count: 512), $0) })
    talk.expect(talk.database.unsubscribe(anna, from: streamed), [])
    talk.expect(talk.database.disconnected(boris), [.closeNotifier(streamed)])
    // Who leaves before it is there leaves it to be closed.
    talk.expect(talk.database.subscribe(anna, to: streamed), [.acquireNotify(streamed, anna)])
    talk.expect(talk.database.unsubscribe(anna, from: streamed), [])
    talk.expect(talk.database.notifierAcquired(streamed, isRefused: false, mayStart: false), [.closeNotifier(streamed)])
  }

  @Test(arguments: [true, false])
  func `without the descriptor the application is told to start, where it has not failed`(mayStart: Bool) {
    let talk = Conversation()
    _ = talk.database.subscribe(anna, to: streamed)
    talk.expect(
      talk.database.notifierAcquired(streamed, isRefused: true, mayStart: mayStart),
      mayStart ? [.startNotify(streamed)] : [])
  }

  @Test func `an application that goes takes everything with it`() {
    let talk = Conversation()
    _ = talk.database.write([1], to: streamed, by: anna, number: 1)
    _ = talk.database.subscribe(anna, to: streamed)
    _ = talk.database.notifierAcquired(streamed, isRefused: false, mayStart: false)
    talk.expect(
      talk.database.remove(1), [.closeNotifier(streamed), .answer(1, .requestNotSupported)])
    #expect(talk.database.profile.services.isEmpty)
    talk.expect(talk.database.write([1], to: plain, by: anna, number: 2), [.answer(2, .unlikelyError)])
    talk.expect(talk.database.subscribe(anna, to: streamed), [])
  }
}

private let anna = CentralID(rawValue: 1)
private let boris = CentralID(rawValue: 2)
private let plain = BluetoothUUID(0xAA01)
private let hasty = BluetoothUUID(0xAA02)
private let streamed = BluetoothUUID(0xAA03)
private let indicated = BluetoothUUID(0xAA04)

private final class Conversation {
  var database = ApplicationDatabase()

  init() {
    let service = ObjectPath.root.appending("service0")
    let reply = ApplicationReply(objects: [
      service: ApplicationReply.service(),
      service.appending("char1"): ApplicationReply.characteristic(plain, ["write"], of: service),
      service.appending("char2"): ApplicationReply.characteristic(
        hasty, ["write", "write-without-response"], of: service),
      service.appending("char3"): ApplicationReply.characteristic(
        streamed, ["write-without-response", "notify"], of: service,
        ["WriteAcquired": .boolean(false), "NotifyAcquired": .boolean(false)]),
      service.appending("char4"): ApplicationReply.characteristic(indicated, ["indicate"], of: service),
    ])
    do { database.add(try RegisteredApplication(reply.values), number: 1) } catch {
      Issue.record("the application is refused: \(error)")
    }
  }

  func writes(_ value: [UInt8], to uuid: BluetoothUUID, _ action: ApplicationDatabase.Action) {
    expect(database.write(value, to: uuid, by: anna, number: 1), [action])
  }

  func expect(
    _ actions: [ApplicationDatabase.Action], _ expected: [ApplicationDatabase.Action],
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(actions == expected, sourceLocation: location)
  }
}
