import PercussDBus
import PercussGATT
import Testing

@testable import PercussSimulator

/// StartNotify, AcquireNotify, AcquireWrite, and their locks.
struct NotificationTests {
  typealias Talk = DaemonConversation

  private func connected(_ quirks: EmulationQuirks = EmulationQuirks()) -> Talk {
    var talk = Talk(quirks)
    talk.connect()
    return talk
  }

  private func value(_ bytes: [UInt8]) -> DaemonInput { .air(.received(Talk.key, .percussTelemetry, bytes)) }
  private let options: [DBusValue] = [.properties([:])]

  @Test func `Notifying, the reply, and a signal for every value, equal or not`() {
    var talk = connected()
    #expect(talk.characteristic(Talk.telemetry, "StartNotify") == ["air: subscribe Telemetry"])
    #expect(talk.say(value([9])) == ["char0010: Value=9"])
    #expect(talk.answer() == ["char0010: Notifying=true", "reply StartNotify"])
    #expect(talk.say(value([1])) == ["char0010: Value=1"])
    #expect(talk.say(value([1])) == ["char0010: Value=1"])
  }

  @Test func `the first subscribes, the last unsubscribes`() {
    var talk = connected()
    _ = talk.characteristic(Talk.telemetry, "StartNotify")
    _ = talk.answer()
    #expect(talk.characteristic(Talk.telemetry, "StartNotify", from: ":1.2") == ["reply StartNotify"])
    #expect(talk.characteristic(Talk.telemetry, "StartNotify", from: ":1.2") == ["reply StartNotify"])
    #expect(talk.characteristic(Talk.telemetry, "StopNotify") == ["reply StopNotify"])
    #expect(
      talk.characteristic(Talk.telemetry, "StopNotify") == ["error StopNotify: Failed “No notify session started”"])
    #expect(
      talk.say(.senderVanished(":1.2")) == ["air: unsubscribe Telemetry", "char0010: Notifying=false"])
  }

  @Test func `a sender that asks again while the first answer is due is told so`() {
    var talk = connected()
    _ = talk.characteristic(Talk.telemetry, "StartNotify")
    #expect(
      talk.characteristic(Talk.telemetry, "StartNotify") == ["error StartNotify: InProgress “In Progress”"])
    #expect(talk.characteristic(Talk.telemetry, "StartNotify", from: ":1.2") == [])
    #expect(talk.answer() == ["char0010: Notifying=true", "reply StartNotify", "reply StartNotify"])
  }

  @Test func `what does not notify is not supported, and refusals are handed on`() {
    var talk = connected()
    #expect(
      talk.characteristic(Talk.feature, "StartNotify") == [
        "error StartNotify: NotSupported “Operation is not supported”"
      ])
    _ = talk.characteristic(Talk.telemetry, "StartNotify")
    #expect(
      talk.answer(.failure(.improperlyConfigured)) == [
        "error StartNotify: Failed “Operation failed with ATT error: 0xfd”"
      ])
    #expect(talk.characteristic(Talk.telemetry, "StartNotify") == ["air: subscribe Telemetry"])
  }

  @Test func `StartNotify without a link succeeds and is made good by the next one`() {
    var talk = connected()
    _ = talk.loseLink()
    #expect(talk.characteristic(Talk.telemetry, "StartNotify") == ["reply StartNotify"])
    _ = talk.device("Connect")
    #expect(talk.say(.air(.linkMade(Talk.key, Talk.small))).contains("air: subscribe Telemetry"))
    #expect(talk.answer().contains("char0010: Notifying=true"))
  }

  @Test func `subscriptions outlive links, for clients that are still there`() {
    var talk = connected()
    _ = talk.characteristic(Talk.telemetry, "StartNotify")
    _ = talk.answer()
    _ = talk.loseLink()
    #expect(talk.say(value([1])) == [])
    _ = talk.device("Connect")
    #expect(talk.say(.air(.linkMade(Talk.key, Talk.small))).contains("air: subscribe Telemetry"))
    _ = talk.answer()
    #expect(talk.say(value([1])) == ["char0010: Value=1"])
  }

  @Test func `AcquireNotify: the property, then the socket; values go into it alone`() {
    var talk = connected()
    #expect(talk.characteristic(Talk.telemetry, "AcquireNotify", options) == ["air: subscribe Telemetry"])
    #expect(
      talk.answer() == ["char0010: NotifyAcquired=true", "reply AcquireNotify socket for notifications 247"])
    #expect(talk.say(value([1])) == ["send 1"])
  }

  @Test func `AcquireNotify is exclusive`() {
    var talk = connected()
    _ = talk.characteristic(Talk.telemetry, "AcquireNotify", options)
    let taken = "NotPermitted “Notify acquired”"
    #expect(talk.characteristic(Talk.telemetry, "AcquireNotify", options) == ["error AcquireNotify: \(taken)"])
    #expect(talk.characteristic(Talk.telemetry, "StartNotify", from: ":1.2") == ["error StartNotify: \(taken)"])
  }

  @Test func `a StartNotify session keeps AcquireNotify out`() {
    var talk = connected()
    _ = talk.characteristic(Talk.telemetry, "StartNotify")
    _ = talk.answer()
    #expect(
      talk.characteristic(Talk.telemetry, "AcquireNotify", options, from: ":1.2") == [
        "error AcquireNotify: InProgress “In Progress”"
      ])
  }

  @Test func `anybody's StopNotify takes the socket away`() {
    var talk = connected()
    _ = talk.characteristic(Talk.telemetry, "AcquireNotify", options)
    _ = talk.answer()
    #expect(
      talk.characteristic(Talk.telemetry, "StopNotify", from: ":1.2") == [
        "close socket", "air: unsubscribe Telemetry", "char0010: NotifyAcquired=false", "reply StopNotify",
      ])
  }

  @Test func `closing the socket, leaving the bus and losing the link release it`() {
    let ends: [(inout Talk) -> [String]] = [
      { $0.say(.channelClosed($0.channels[0])) }, { $0.say(.senderVanished(":1.1")) }, { $0.loseLink() },
    ]
    for end in ends {
      var talk = connected()
      _ = talk.characteristic(Talk.telemetry, "AcquireNotify", options)
      _ = talk.answer()
      let lines = end(&talk)
      #expect(lines.contains("close socket"))
      #expect(lines.last == "char0010: NotifyAcquired=false")
      #expect(talk.daemon.channels.isEmpty)
      #expect(talk.say(value([1])) == [])
    }
  }

  @Test func `indications cannot be acquired`() {
    var talk = connected()
    #expect(
      talk.characteristic(Talk.controlPoint, "AcquireNotify", options) == [
        "error AcquireNotify: NotSupported “Operation is not supported”"
      ])
  }

  @Test func `AcquireWrite: packets become commands, and WriteValue is locked out`() {
    var talk = connected()
    #expect(
      talk.characteristic(Talk.routineData, "AcquireWrite", options) == [
        "char0016: WriteAcquired=true", "reply AcquireWrite socket for commands 247",
      ])
    #expect(talk.say(.channelReceived(talk.channels[0], [1, 2])) == ["air: command Routine Data 1.2"])
    let taken = "NotPermitted “Write acquired”"
    #expect(talk.write(Talk.routineData, [1]) == ["error WriteValue: \(taken)"])
    #expect(
      talk.characteristic(Talk.routineData, "AcquireWrite", options, from: ":1.2") == ["error AcquireWrite: \(taken)"])
    #expect(
      talk.say(.channelClosed(talk.channels[0])) == ["close socket", "char0016: WriteAcquired=false"])
    #expect(talk.write(Talk.routineData, [1]).last == "reply WriteValue")
  }

  @Test func `a packet that is too long is lost, an empty one makes the socket deaf`() {
    var talk = connected()
    _ = talk.characteristic(Talk.routineData, "AcquireWrite", options)
    let channel = talk.channels[0]
    #expect(talk.say(.channelReceived(channel, [UInt8](repeating: 0, count: 245))) == [])
    #expect(talk.say(.channelReceived(channel, [])) == [])
    #expect(talk.say(.channelReceived(channel, [1])) == [])
    #expect(talk.write(Talk.routineData, [1]) == ["error WriteValue: NotPermitted “Write acquired”"])
    #expect(talk.loseLink().contains("close socket"))
  }

  @Test func `what takes no commands cannot be acquired`() {
    var talk = connected()
    #expect(
      talk.characteristic(Talk.telemetry, "AcquireWrite", options) == [
        "error AcquireWrite: NotSupported “Operation is not supported”"
      ])
  }

  @Test func `sockets of known objects wait until the services are resolved again`() {
    var quirks = EmulationQuirks()
    quirks.resolutionDelay = .seconds(1)
    var talk = Talk(quirks)
    talk.connect()
    _ = talk.wait(.seconds(1))
    _ = talk.loseLink()
    _ = talk.device("Connect")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(talk.characteristic(Talk.routineData, "AcquireWrite", options) == [])
    #expect(talk.characteristic(Talk.telemetry, "AcquireNotify", options).last == "air: subscribe Telemetry")
    #expect(talk.answer() == [])
    #expect(
      talk.wait(.seconds(1)) == [
        "dev_C8_2E_47_0A_11_02: ServicesResolved=true", "char0010: NotifyAcquired=true",
        "reply AcquireNotify socket for notifications 247", "char0016: WriteAcquired=true",
        "reply AcquireWrite socket for commands 247",
      ])
  }

  @Test func `no link, no sockets`() {
    var talk = connected()
    _ = talk.loseLink()
    #expect(
      talk.characteristic(Talk.telemetry, "AcquireNotify", options) == ["error AcquireNotify: Failed “Not connected”"])
    #expect(
      talk.characteristic(Talk.routineData, "AcquireWrite", options) == ["error AcquireWrite: Failed “Not connected”"])
  }

  @Test func `the battery is read, subscribed to and told as Battery1`() {
    var talk = Talk()
    talk.connect(Talk.profile)
    #expect(talk.answer(.success([87])) == ["air: subscribe Battery Level"])
    #expect(talk.answer() == ["added dev_C8_2E_47_0A_11_02 Battery1"])
    #expect(
      talk.say(.air(.received(Talk.key, .batteryLevel, [86]))) == ["dev_C8_2E_47_0A_11_02: Percentage=86"])
    #expect(talk.say(.air(.received(Talk.key, .batteryLevel, [86]))) == [])
    // Its characteristic is free for everybody.
    #expect(
      talk.characteristic(Talk.batteryLevel, "StartNotify") == ["char0028: Notifying=true", "reply StartNotify"])
    #expect(
      talk.say(.air(.received(Talk.key, .batteryLevel, [85]))) == [
        "dev_C8_2E_47_0A_11_02: Percentage=85", "char0028: Value=55",
      ])
    #expect(talk.loseLink().last == "removed dev_C8_2E_47_0A_11_02 Battery1")
  }

  @Test func `Service Changed is the host's own`() {
    var talk = connected()
    #expect(
      talk.characteristic(0x0007, "StartNotify") == ["char0007: Notifying=true", "reply StartNotify"])
    #expect(talk.characteristic(0x0007, "StopNotify") == ["char0007: Notifying=false", "reply StopNotify"])
    #expect(talk.read(0x0007) == ["error ReadValue: NotPermitted “Read not permitted”"])
  }
}
