// A DICOM peer that is neither DCMTK nor pynetdicom: `node peer.js store|find|get PORT TITLE ...` says what happened as JSON.
const dimse = require('dcmjs-dimse');
const { CStoreRequest, CFindRequest, CGetRequest } = dimse.requests;
const { CStoreResponse } = dimse.responses;
const { Status } = dimse.constants;

dimse.log.setLevel('silent');
const [operation, port, title, ...rest] = process.argv.slice(2);
const client = new dimse.Client();
const said = { statuses: [], found: [], got: [] };

function made() {
  if (operation === 'store') {
    return rest.map((file) => new CStoreRequest(file));
  }
  if (operation === 'find') {
    return [CFindRequest.createStudyFindRequest(JSON.parse(rest[0]))];
  }
  return [CGetRequest.createStudyGetRequest(rest[0])];
}

for (const request of made()) {
  request.on('response', (response) => {
    said.statuses.push(response.getStatus());
    if (operation === 'find' && response.getStatus() === Status.Pending) {
      said.found.push(response.getDataset().getElements());
    }
    if (operation === 'get') {
      said.counts = [response.getCompleted(), response.getFailures(), response.getWarnings()];
    }
  });
  client.addRequest(request);
}
client.on('cStoreRequest', (request, callback) => {
  const elements = request.getDataset().getElements();
  said.got.push({ uid: elements.SOPInstanceUID, name: elements.PatientName, rows: elements.Rows });
  const response = CStoreResponse.fromRequest(request);
  response.setStatus(Status.Success);
  callback(response);
});
client.on('networkError', (error) => {
  said.error = String(error);
});
client.on('closed', () => {
  console.log(JSON.stringify(said));
});
client.send('127.0.0.1', Number(port), title, 'TIERREAD');
