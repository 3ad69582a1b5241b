internal import PercussCore
internal import PercussGATT
public import PercussLink
public import PercussTime

/// A virtual device on a virtual bench: a radio, the device on it, and a link to the device.
///
/// ```swift
/// let timeline = VirtualTimeline()
/// try timeline.run {
///   let rig = try await SimulatedRig.connect(model: .elite, on: timeline, seed: 7)
///   let device = try await Device.connect(over: rig.link)
/// }
/// ```
public struct SimulatedRig: Sendable {
  /// What everything runs on.
  public let timeline: any Timeline
  /// The air between them.
  public let radio: InMemoryRadio
  /// The device.
  public let device: SimulatedDevice
  /// The first link to the device.
  public let link: InMemoryLink
  /// What scanners know the device by.
  public let id: DiscoveredDevice.ID

  /// Sets a device up and connects to it, as any central would: by waiting for it to advertise.
  ///
  /// - Parameters:
  ///   - radio: what the radio is like, and what happens to it.
  ///   - seed: decides over all that is random on the radio; the device itself knows no chance.
  /// - Throws: ``LinkError/unavailable(_:)`` when a radio parameter is out of its range; ``LinkError/timedOut(_:after:)`` when the radio is disturbed for too long.
  public static func connect(
    model: SimulatedModel, on timeline: any Timeline, radio parameters: RadioParameters = RadioParameters(),
    seed: UInt64 = 0, configuration: SimulatedDevice.Configuration = SimulatedDevice.Configuration()
  ) async throws(LinkError) -> SimulatedRig {
    let radio = InMemoryRadio(timeline: timeline, parameters: parameters, seed: seed)
    let device = SimulatedDevice(model: model, on: timeline, configuration: configuration)
    let id = DiscoveredDevice.ID("sim")
    let advertisement = Advertisement(
      id: id, name: model.advertisedName ?? configuration.information.model, services: [model.service],
      connectionLimit: CentralNumber.limit)
    await radio.advertise(device, as: advertisement)
    await device.notifyOfPower { [weak device] isOn in
      timeline.start { [weak device] in
        if isOn, let device { await radio.advertise(device, as: advertisement) } else { await radio.withdraw(id) }
      }
    }
    let link = try await connect(radio, id)
    return SimulatedRig(timeline: timeline, radio: radio, device: device, link: link, id: id)
  }

  /// Connects once more, as another central or as one that comes back; it waits up to 5 s for the device to advertise.
  public func connectAgain() async throws(LinkError) -> InMemoryLink {
    try await Self.connect(radio, id)
  }

  private static func connect(_ radio: InMemoryRadio, _ id: DiscoveredDevice.ID) async throws(LinkError) -> InMemoryLink
  {
    let link = try await radio.connect(to: id, timeout: .seconds(5))
    guard let link = link as? InMemoryLink else {
      throw .unavailable("the in-memory radio gave a link of another kind")
    }
    return link
  }
}
