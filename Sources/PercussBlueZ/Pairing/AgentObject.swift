internal import PercussDBus
internal import PercussTime

/// A ``PairingAgent`` as bluetoothd calls it (`org.bluez.Agent1`).
final class AgentObject: ExportedObject {
  private let agent: PairingAgent
  /// What people call the device.
  private let device: String
  /// The unique name of bluetoothd: nobody else gets an answer.
  private let owner: String
  private let timeline: RealTimeline

  init(_ agent: PairingAgent, for device: String, owner: String, on timeline: RealTimeline) {
    self.agent = agent
    self.device = device
    self.owner = owner
    self.timeline = timeline
  }

  let interfaces = [
    InterfaceDescription(
      BlueZ.Interface.agent,
      methods: [
        .init("Release"), .init("Cancel"),
        .init("RequestPinCode", in: [.init("device", "o")], out: [.init("pincode", "s")]),
        .init("DisplayPinCode", in: [.init("device", "o"), .init("pincode", "s")]),
        .init("RequestPasskey", in: [.init("device", "o")], out: [.init("passkey", "u")]),
        .init("DisplayPasskey", in: [.init("device", "o"), .init("passkey", "u"), .init("entered", "q")]),
        .init("RequestConfirmation", in: [.init("device", "o"), .init("passkey", "u")]),
        .init("RequestAuthorization", in: [.init("device", "o")]),
        .init("AuthorizeService", in: [.init("device", "o"), .init("uuid", "s")]),
      ])
  ]

  func handle(_ call: IncomingCall) {
    guard call.sender == owner else {
      return call.fail(BlueZ.ErrorName.rejected, "only bluetoothd may ask")
    }
    let (agent, device, timeline) = (agent, device, timeline)
    timeline.start {
      do {
        try await withTimeout(
          PairingAgent.answerTimeout, on: timeline, waitingFor: "the answer of the user"
        ) { await agent.answer(call, for: device) }
      } catch {
        call.fail(BlueZ.ErrorName.canceled, "\(error)")
      }
    }
  }
}

extension PairingAgent {
  fileprivate func answer(_ call: IncomingCall, for device: String) async {
    let passkey = call.arguments.count > 1 ? call.arguments[1].integer(as: UInt32.self) ?? 0 : 0
    switch call.member {
    case "Release", "Cancel": call.reply()
    case "RequestPasskey":
      guard let passkey = await enterPasskey?(device), passkey <= 999_999 else { return refuse(call) }
      call.reply([.uint32(passkey)])
    case "DisplayPasskey":
      call.reply()
      await showPasskey?(device, passkey, call.arguments.count > 2 ? call.arguments[2].integer() ?? 0 : 0)
    case "RequestConfirmation": await confirm?(device, passkey) == true ? call.reply() : refuse(call)
    // Asked for even where nothing can be compared.
    case "RequestAuthorization", "AuthorizeService":
      await authorize?(device) ?? true ? call.reply() : refuse(call)
    // Of BR/EDR before 2.1; LE has none.
    default: refuse(call)
    }
  }

  private func refuse(_ call: IncomingCall) { call.fail(BlueZ.ErrorName.rejected, "refused") }
}
