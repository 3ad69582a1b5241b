import PercussDBus
import PercussGATT
import Testing

@testable import PercussSimulator

/// ReadValue and WriteValue.
struct ValueTests {
  typealias Talk = DaemonConversation

  private let inProgress = "InProgress “In Progress”"

  private func connected(_ quirks: EmulationQuirks = EmulationQuirks()) -> Talk {
    var talk = Talk(quirks)
    talk.connect()
    return talk
  }

  @Test func `a read signals the value, then answers`() {
    var talk = connected()
    #expect(talk.read(Talk.feature) == ["air: read Feature"])
    #expect(talk.answer(.success([1, 2])) == ["char000b: Value=1.2", "reply ReadValue 1.2"])
  }

  @Test func `reads at one offset are one read, another offset has to wait`() {
    var talk = connected()
    _ = talk.read(Talk.feature)
    #expect(talk.read(Talk.feature, from: ":1.2") == [])
    #expect(talk.read(Talk.feature, offset: 1) == ["error ReadValue: \(inProgress)"])
    #expect(
      talk.answer(.success([1, 2])) == ["char000b: Value=1.2", "reply ReadValue 1.2", "reply ReadValue 1.2"])
  }

  @Test func `an offset gives the rest, one past the end an error`() {
    var talk = connected()
    #expect(talk.read(Talk.feature, offset: 2) == ["air: read Feature from 2"])
    #expect(talk.answer(.success([3])).last == "reply ReadValue 3")
    _ = talk.read(Talk.feature, offset: 4)
    #expect(talk.answer(.failure(.invalidOffset)) == ["error ReadValue: InvalidArguments “Invalid offset”"])
  }

  @Test(arguments: [
    (ATTError.readNotPermitted, "NotPermitted “Read not permitted”"),
    (.writeNotPermitted, "NotPermitted “Write not permitted”"), (.invalidOffset, "InvalidArguments “Invalid offset”"),
    (.invalidAttributeValueLength, "InvalidArguments “Invalid Length”"),
    (.insufficientAuthorization, "NotAuthorized “Operation Not Authorized”"),
    (.requestNotSupported, "NotSupported “Operation is not supported”"),
    (.unlikelyError, "Failed “Operation failed with ATT error: 0x0e”"),
    (ATTError(0x81), "Failed “Operation failed with ATT error: 0x81”"),
    (.procedureInProgress, "Failed “Operation failed with ATT error: 0xfe”"),
  ])
  func `ATT errors become texts`(_ error: ATTError, _ text: String) {
    var talk = connected()
    _ = talk.write(Talk.controlPoint, [1])
    #expect(talk.answer(.failure(error)) == ["error WriteValue: \(text)"])
  }

  @Test func `one request at a time is on its way, in the order of the calls`() {
    var talk = connected()
    #expect(talk.read(Talk.feature) == ["air: read Feature"])
    #expect(talk.write(Talk.controlPoint, [1]) == [])
    #expect(
      talk.answer(.success([9])) == [
        "air: write Control Point 1", "char000b: Value=9", "reply ReadValue 9",
      ])
    #expect(talk.answer() == ["reply WriteValue"])
  }

  @Test func `a second write to a characteristic has to wait`() {
    var talk = connected()
    _ = talk.write(Talk.controlPoint, [1])
    #expect(talk.write(Talk.controlPoint, [2], from: ":1.2") == ["error WriteValue: \(inProgress)"])
    _ = talk.answer()
    #expect(talk.write(Talk.controlPoint, [2]) == ["air: write Control Point 2"])
  }

  @Test func `a command is answered when it is queued, and overtakes requests`() {
    var talk = connected()
    _ = talk.read(Talk.feature)
    #expect(
      talk.write(Talk.routineData, [7]) == ["air: command Routine Data 7", "reply WriteValue"])
    #expect(
      talk.write(Talk.controlPoint, [7], type: "command") == ["air: command Control Point 7", "reply WriteValue"])
  }

  @Test func `a command that does not fit fails, a request becomes a long write`() {
    var talk = connected()
    let long = [UInt8](repeating: 0, count: 245)
    #expect(talk.write(Talk.routineData, long) == ["error WriteValue: Failed “Failed to initiate write”"])
    #expect(talk.write(Talk.controlPoint, long) == ["air: long write Control Point of 245"])
  }

  @Test func `commands wait for the link up to a limit`() {
    var talk = connected()
    for _ in 0..<BluetoothDaemon.commandLimit { _ = talk.write(Talk.routineData, [1]) }
    #expect(talk.write(Talk.routineData, [1]) == ["error WriteValue: Failed “Failed to initiate write”"])
    _ = talk.say(.air(.commandsSent(Talk.key, 1)))
    #expect(talk.write(Talk.routineData, [1]).last == "reply WriteValue")
  }

  @Test func `requests wait for the link up to a limit`() {
    var talk = connected()
    _ = talk.read(Talk.feature)
    for _ in 0..<RequestQueue.limit { _ = talk.daemon.send(.subscribe(.percussEvent), to: Talk.key, for: .unsubscribe) }
    #expect(talk.write(Talk.controlPoint, [1]) == ["error WriteValue: Failed “Failed to initiate write”"])
  }

  @Test func `what cannot be done is not supported, or refused by the device`() {
    var talk = connected()
    #expect(talk.write(Talk.telemetry, [1]) == ["error WriteValue: NotSupported “Operation is not supported”"])
    #expect(talk.write(Talk.telemetry, [1], type: "request") == ["air: write Telemetry 1"])
    #expect(talk.read(Talk.telemetry) == [])
    #expect(
      talk.write(Talk.controlPoint, [1], type: "smoke") == [
        "error WriteValue: NotSupported “Operation is not supported”"
      ])
  }

  @Test func `the end of the link ends what is on its way`() {
    var talk = connected()
    _ = talk.read(Talk.feature)
    _ = talk.write(Talk.controlPoint, [1])
    let lines = talk.loseLink()
    #expect(lines.contains("error ReadValue: Failed “Operation failed with ATT error: 0x0e”"))
    #expect(lines.contains("error WriteValue: Failed “Operation failed with ATT error: 0x0e”"))
    #expect(talk.write(Talk.controlPoint, [1]) == ["error WriteValue: Failed “Not connected”"])
  }

  @Test func `an answer that comes after the end is nobody's`() {
    var talk = connected()
    _ = talk.read(Talk.feature)
    let late = talk.operations
    _ = talk.loseLink()
    #expect(talk.say(.air(.answered(Talk.key, late[0], .success([1])))) == [])
  }

  @Test(arguments: [
    DBusValue.properties(["offset": .uint32(0)]), .properties(["offset": .string("0")]), .string("options"),
    .properties(["type": .uint16(1)]),
  ])
  func `refuses malformed options`(_ options: DBusValue) {
    var talk = connected()
    let refusal = "InvalidArguments “Invalid arguments in method call”"
    #expect(talk.characteristic(Talk.feature, "ReadValue", [options]) == ["error ReadValue: \(refusal)"])
    #expect(
      talk.characteristic(Talk.controlPoint, "WriteValue", [.bytes([1]), options]) == ["error WriteValue: \(refusal)"])
    #expect(talk.characteristic(Talk.controlPoint, "WriteValue", []) == ["error WriteValue: \(refusal)"])
  }

  @Test func `the configuration descriptor can be read, but only StartNotify writes it`() {
    var talk = connected()
    let descriptor = DaemonObject.descriptor(Talk.key, 0x000f)
    #expect(
      talk.call("ReadValue", descriptor, [.properties([:])]) == ["desc000f: Value=0.0", "reply ReadValue 0.0"])
    _ = talk.characteristic(Talk.controlPoint, "StartNotify")
    _ = talk.answer()
    #expect(talk.call("ReadValue", descriptor, [.properties([:])]).last == "reply ReadValue 2.0")
    #expect(
      talk.call("WriteValue", descriptor, [.bytes([1, 0]), .properties([:])]) == [
        "error WriteValue: NotPermitted “Write not permitted”"
      ])
  }

  @Test func `properties appear with what they tell`() {
    var talk = connected()
    let object = DaemonObject.characteristic(Talk.key, Talk.telemetry)
    let names = { (talk: Talk) in
      talk.daemon.properties("org.bluez.GattCharacteristic1", of: object).map(\.name)
    }
    #expect(names(talk) == ["UUID", "Service", "Value", "Notifying", "Flags", "NotifyAcquired", "MTU"])
    _ = talk.loseLink()
    #expect(names(talk) == ["UUID", "Service", "Value", "Notifying", "Flags", "NotifyAcquired"])
  }
}
