internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT

// The GATT objects of a device, and the requests to it.
extension BluetoothDaemon {
  /// The services of a link are known: the objects that are missing come, then the flag.
  mutating func resolve(_ key: DeviceKey) {
    guard let device = device(key), device.link == .up, !device.isResolved, let profile = device.profile else { return }
    let attributes = RemoteAttributes(of: profile.services, at: device.path)
    let uuids = attributes.uuids.sorted()
    let isNew = device.services.isEmpty
    let keepsStale = !isNew && !quirks.noticesChangedServices
    if device.uuids != uuids, isNew || !keepsStale {
      withDevice(key) { $0.uuids = uuids }
      changed(key, "UUIDs")
    }
    if quirks.servicesResolved == .beforeObjects, isNew { changed(key, "UUIDs") }
    if !isNew, !keepsStale, !device.hasSameAttributes(as: attributes) { unexportServices(of: key) }
    if self.device(key)?.services.isEmpty == true { export(attributes, of: key) }
    withDevice(key) { device in
      device.isResolved = true
      device.wasResolved = true
    }
    keep(key)
    changed(key, "ServicesResolved")
    if withDevice(key, { $0.tellsPairing() }) == true { changed(key, "Paired") }
    flush(isIdle: quirks.servicesResolved != .beforeObjects)
    takeName(of: profile, key)
    pairingResolved(key)
    openWaitingLocks(of: key)
    beginBattery(of: key)
  }

  /// The name that Generic Access has takes the place of the advertised one.
  private mutating func takeName(of profile: RemoteProfile, _ key: DeviceKey) {
    guard let name = profile.name, let device = device(key), name != device.name else { return }
    withDevice(key) { $0.name = name }
    changed(key, "Name")
    if device.alias == nil { changed(key, "Alias") }
  }

  /// The remote has told that its services are others than before (Service Changed, Core Vol 3 Part G 7.1): what is gone is removed, what is new is
  /// added. Whoever waits for an operation on something that is gone waits on, as with bluetoothd.
  mutating func servicesChanged(_ key: DeviceKey, _ profile: RemoteProfile) {
    guard let device = device(key), device.link == .up else { return }
    withDevice(key) { $0.profile = profile }
    guard device.isResolved, quirks.noticesChangedServices else { return }
    let attributes = RemoteAttributes(of: profile.services, at: device.path)
    let kept = Set(device.services.filter { device.layout(of: $0) == attributes.layout(of: $0) }.map(\.handle))
    for characteristic in device.characteristics where !kept.contains(characteristic.service.handle) {
      for call in characteristic.pendingCalls { emit(.abandon(call)) }
      abandonNotifications(of: key, characteristic.handle)
    }
    unexportServices(of: key) { !kept.contains($0.handle) }
    export(attributes, of: key) { !kept.contains($0.handle) }
    let uuids = attributes.uuids.sorted()
    if device.uuids != uuids {
      withDevice(key) { $0.uuids = uuids }
      changed(key, "UUIDs")
    }
    let battery = [device.characteristics, attributes.characteristics].map { $0.contains { $0.uuid == .batteryLevel } }
    if battery == [true, false] { endBattery(of: key) }
    if battery == [false, true] { beginBattery(of: key) }
  }

  private mutating func export(
    _ attributes: RemoteAttributes, of key: DeviceKey, where isNew: (RemoteService) -> Bool = { _ in true }
  ) {
    withDevice(key) { device in
      device.services = attributes.services
      device.characteristics = attributes.characteristics.map { characteristic in
        guard !isNew(characteristic.service) else { return characteristic }
        return device.characteristics.first { $0.handle == characteristic.handle } ?? characteristic
      }
    }
    for service in attributes.services where isNew(service) {
      export(.service(key, service.handle), at: service.path)
      for characteristic in attributes.characteristics where characteristic.service.handle == service.handle {
        export(.characteristic(key, characteristic.handle), at: characteristic.path)
        for descriptor in characteristic.descriptors {
          export(.descriptor(key, descriptor.handle), at: descriptor.path)
        }
      }
    }
  }

  /// Takes the GATT objects away: of each service the characteristics with their descriptors, then the service.
  mutating func unexportServices(
    of key: DeviceKey, isSilent: Bool = false, where isGone: (RemoteService) -> Bool = { _ in true }
  ) {
    guard let device = device(key) else { return }
    for service in device.services where isGone(service) {
      for characteristic in device.characteristics where characteristic.service.handle == service.handle {
        for descriptor in characteristic.descriptors {
          unexport(.descriptor(key, descriptor.handle), at: descriptor.path, isSilent: isSilent)
        }
        unexport(.characteristic(key, characteristic.handle), at: characteristic.path, isSilent: isSilent)
      }
      unexport(.service(key, service.handle), at: service.path, isSilent: isSilent)
    }
    withDevice(key) { device in
      device.services.removeAll(where: isGone)
      device.characteristics.removeAll { isGone($0.service) }
    }
  }

  // MARK: Requests

  /// Sends a request, or lets it wait for those before it. False when too many wait.
  mutating func send(_ operation: AttributeOperation, to key: DeviceKey, for purpose: RequestQueue.Purpose) -> Bool {
    let request = RequestQueue.Request(id: OperationID(rawValue: nextNumber()), operation: operation, purpose: purpose)
    let isTaken = withDevice(key) { device in
      guard device.hasClient, !device.requests.isFull else { return false }
      device.requests.waiting.append(request)
      return true
    }
    guard isTaken == true else { return false }
    sendNextRequest(to: key)
    return true
  }

  private mutating func sendNextRequest(to key: DeviceKey) {
    let next = withDevice(key) { device -> RequestQueue.Request? in
      guard device.requests.current == nil, !device.requests.waiting.isEmpty else { return nil }
      device.requests.current = device.requests.waiting.removeFirst()
      return device.requests.current
    }
    if let next = next ?? nil { emit(.request(key, next.id, next.operation)) }
  }

  mutating func answered(_ id: OperationID, _ result: Result<[UInt8], ATTError>, by key: DeviceKey) {
    let current = withDevice(key) { device -> RequestQueue.Request? in
      guard device.requests.current?.id == id else { return nil }
      return device.requests.current.take()
    }
    guard let request = current ?? nil else { return }
    sendNextRequest(to: key)
    if case .failure(let error) = result, error.needsPairing, !request.isRepeated, waitsForPairing(request, key) {
      return
    }
    finish(request, result, key)
  }

  /// Sends a request again that a pairing has made possible, or ends it with the error.
  mutating func resume(_ request: RequestQueue.Request, _ key: DeviceKey, isPaired: Bool) {
    guard isPaired else {
      if quirks.rejectedPairingLeavesReadsPending, case .read = request.purpose { return }
      return finish(request, .failure(.insufficientAuthentication), key)
    }
    var request = request
    request.id = OperationID(rawValue: nextNumber())
    request.isRepeated = true
    let repeated = request
    withDevice(key) { $0.requests.waiting.insert(repeated, at: 0) }
    sendNextRequest(to: key)
  }

  private mutating func finish(
    _ request: RequestQueue.Request, _ result: Result<[UInt8], ATTError>, _ key: DeviceKey
  ) {
    switch request.purpose {
    case .read(let handle): readEnded(result, key, handle)
    case .write(let handle): writeEnded(result, key, handle)
    case .subscribe(let handle): subscriptionEnded(result, key, handle)
    case .unsubscribe: break
    case .batteryLevel(let handle): batteryRead(result, key, handle)
    case .readDescriptor(let handle): descriptorReadEnded(result, key, handle)
    case .writeDescriptor(let handle): descriptorWriteEnded(result, key, handle)
    }
  }

  /// Without its link everything that waits for the device fails, sockets close, and subscriptions are to be made anew.
  mutating func abandonOperations(of key: DeviceKey) {
    guard let device = device(key) else { return }
    let requests = [device.requests.current].compactMap(\.self) + device.requests.waiting
    withDevice(key) { device in
      device.requests = RequestQueue()
      device.queuedCommands = 0
    }
    for request in requests { finish(request, .failure(.unlikelyError), key) }
    for characteristic in self.device(key)?.characteristics ?? [] {
      // What a rejected pairing has left: nobody answers it, but the next link has its own reads.
      let read = withCharacteristic(key, characteristic.handle) { $0.read.take() } ?? nil
      for call in read?.calls ?? [] { emit(.abandon(call)) }
      abandonNotifications(of: key, characteristic.handle)
    }
    endBattery(of: key)
  }
}

extension RemoteDevice {
  fileprivate func hasSameAttributes(as attributes: RemoteAttributes) -> Bool {
    characteristics.map(\.handle) == attributes.characteristics.map(\.handle)
      && characteristics.map(\.uuid) == attributes.characteristics.map(\.uuid)
      && characteristics.map(\.properties) == attributes.characteristics.map(\.properties)
      && characteristics.map { $0.descriptors.map(\.uuid) }
        == attributes.characteristics.map { $0.descriptors.map(\.uuid) }
  }

  fileprivate func layout(of service: RemoteService) -> ServiceLayout? {
    ServiceLayout(of: service, among: services, characteristics)
  }

  fileprivate mutating func tellsPairing() -> Bool {
    defer { pairingIsUntold = false }
    return pairingIsUntold
  }
}

extension RemoteAttributes {
  fileprivate func layout(of service: RemoteService) -> ServiceLayout? {
    ServiceLayout(of: service, among: services, characteristics)
  }
}

extension RemoteCharacteristic {
  fileprivate var pendingCalls: [CallID] {
    (read?.calls ?? []) + [writer].compactMap(\.self) + notifyClients.compactMap(\.call)
      + descriptors.flatMap { ($0.read?.calls ?? []) + [$0.writer].compactMap(\.self) }
  }
}

/// The attributes of a service; equal ones are the same.
private struct ServiceLayout: Equatable {
  var service: BluetoothUUID
  var handles: [UInt16]
  var uuids: [BluetoothUUID]
  var properties: [CharacteristicProperties]

  init?(of service: RemoteService, among services: [RemoteService], _ characteristics: [RemoteCharacteristic]) {
    guard let known = services.first(where: { $0.handle == service.handle }) else { return nil }
    let own = characteristics.filter { $0.service.handle == service.handle }
    self.service = known.uuid
    handles = own.flatMap { [$0.handle] + $0.descriptors.map(\.handle) }
    uuids = own.flatMap { [$0.uuid] + $0.descriptors.map(\.uuid) }
    properties = own.map(\.properties)
  }
}

extension ATTError {
  /// Whether bluetoothd raises the security of the link and tries again.
  fileprivate var needsPairing: Bool { self == .insufficientAuthentication || self == .insufficientEncryption }
}
