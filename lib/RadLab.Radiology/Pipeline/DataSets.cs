using System.Globalization;

namespace RadLab.Radiology;

/// <summary>Prepares whole data sets by their manifests.</summary>
public static class DataSets
{
    /// <summary>A salt that hides identifiers has at least so many characters.</summary>
    public const int MinSecretSalt = 16;

    /// <summary>Reads, cleans, de-identifies, splits and writes a data set. Downloads nothing.</summary>
    public static DataCard Prepare(PrepareRequest request, Action<PreparationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var manifest = request.Manifest;
        GitWorkTree.Refuse(manifest, request.Out, request.AllowInGit);
        if (manifest.HidesIds && (request.Salt is null || request.Salt.Length < MinSecretSalt))
            throw new DataRefusedException($"{manifest.Id}: its PHI class asks for ids as salted hashes, and a salt that can be guessed hides nothing; give --salt-file with a secret of at least {MinSecretSalt} characters");
        if (manifest.Split.By is SplitBy.Given or SplitBy.Image || manifest.Kind is not (DataKind.Reports or DataKind.ProtocolNotes))
            throw new DataRefusedException($"{manifest.Id}: holds {ManifestFields.Kebab(manifest.Kind.ToString())}; prepare makes training text of reports and protocol notes");

        var source = Source(request, cancellation);
        var deidentifier = new Deidentifier(request.Deidentification);
        var generator = manifest.Generator;
        if (request.Radiologist is not null && generator?.Name != SyntheticReports.Source) throw new DataRefusedException($"{manifest.Id}: only generated reports ({SyntheticReports.Source}) can be those of one radiologist; leave it out");
        ulong seed = request.Seed ?? generator?.Seed ?? 17;
        // a part that was asked for is split as any other data
        var parts = manifest.Split.By == SplitBy.GeneratorParts && request.Part == SyntheticPart.All ? new GeneratorParts(manifest, request.Count ?? generator!.Count, seed) : null;
        var options = new PreparationOptions
        {
            Salt = request.Salt ?? manifest.Id,
            HideIds = manifest.HidesIds,
            Seed = seed,
            Shares = parts?.Shares ?? new SplitShares(manifest.Split.Train, manifest.Split.Validation, manifest.Split.Test),
            GivenSide = parts is null ? null : parts.SideOf,
            ByPatient = manifest.Split.By == SplitBy.Patient,
            DropNearDuplicatesFrom = request.DropNearDuplicatesFrom,
            Earlier = request.Earlier,
            SkipBad = request.SkipBad,
            Threads = request.Threads,
            Settings =
            [
                .. generator is null ? [] : Generated(request, generator, seed),
                .. parts is null ? [] : parts.Settings,
                .. manifest.Kind == DataKind.Reports ? StepSettings.Of(request.Cleaning) : [],
                .. StepSettings.Of(request.Deidentification),
                .. manifest.Kind == DataKind.Reports ? [KeyValuePair.Create("input of a prompt", request.Context == PromptContext.FindingsOnly ? "findings" : $"{request.Context}, findings")] : Array.Empty<KeyValuePair<string, string>>(),
            ],
        };
        Func<DataProvenance> provenance = () => DataProvenance.Of(manifest, source.Files);
        if (manifest.Kind == DataKind.Reports)
        {
            var records = generator is null ? DataReaders.Reports(source.Path!, source.File!, manifest.Id, request.Limits) : Reports(request, generator, seed);
            return new Preparation<Report>(new ReportKind(), [new SectionStep(), new CleaningStep(request.Cleaning), new DeidentificationStep(deidentifier)], (report, wording, split) => ImpressionPrompts.Build(report, wording, split, request.Context), options)
                .Run(records, provenance, ImpressionPrompts.Task, request.Out, request.Replace, progress, cancellation);
        }
        var notes = generator is null ? DataReaders.Notes(source.Path!, source.File!, manifest.Id, request.Limits) : Notes(request, generator, seed, parts);
        bool problems = generator?.Name == SyntheticProblemLists.Source;
        return new Preparation<ProtocolNote>(new NoteKind(), [new NoteCleaningStep(), new NoteDeidentificationStep(deidentifier)], problems ? ProblemListPrompts.Build : ProtocolPrompts.Build, options)
            .Run(notes, provenance, problems ? ProblemListPrompts.Task : ProtocolPrompts.Task, request.Out, request.Replace, progress, cancellation);
    }

    private sealed record Found(DataFile? File, string? Path, IReadOnlyList<FileProvenance> Files);

    private static Found Source(PrepareRequest request, CancellationToken cancellation)
    {
        var manifest = request.Manifest;
        if (manifest.Generator is not null)
        {
            if (request.From is not null) throw new DataRefusedException($"{manifest.Id}: is generated and reads no files; leave --from away");
            return new Found(null, null, []);
        }
        string role = manifest.Kind == DataKind.Reports ? "reports" : "notes";
        var candidates = manifest.Files.Where(f => f.Role == role && DataReaders.Formats.Contains(f.Format)).ToList();
        if (candidates.Count == 0) throw new DataFormatException($"{manifest.Id}: names no file of the role {role} in a format that can be read ({string.Join(", ", DataReaders.Formats)})");
        var locked = DigestLock.Open(request.Folders.LockPath);
        if (request.From is { } from)
        {
            bool folder = Directory.Exists(from);
            if (!folder && !File.Exists(from)) throw new DataFormatException($"{from}: there is no such file or folder; check --from");
            var file = candidates.FirstOrDefault(f => f.Folder == folder && Path.GetFileName(f.Path) == Path.GetFileName(from)) ?? candidates.FirstOrDefault(f => f.Folder == folder)
                ?? throw new DataFormatException($"{from}: is a {(folder ? "folder" : "file")}, but {manifest.Id} has its {role} in {string.Join(" or ", candidates.Select(f => f.Path))}");
            // a folder of a quarter of a million files is not hashed for a copy that nobody vouches for anyway
            var own = folder ? null : DigestCheck.Of(file, from, locked, null, cancellation);
            return new Found(file, from, [new FileProvenance(file.Path, own?.Name, own?.Sha256, own?.Bytes)]);
        }
        foreach (var file in candidates)
        {
            if (request.Folders.Find(file) is not { } path) continue;
            var check = DigestCheck.Of(file, path, locked, null, cancellation);
            if (!check.Matches) throw new DataFormatException($"{check.Mismatch(file, locked)}; get it again (radlab data get {manifest.Id}), or give your own copy with --from");
            return new Found(file, path, [new FileProvenance(file.Path, check.Name, check.Sha256, check.Bytes)]);
        }
        string how = manifest.Acquisition.Method == AcquisitionMethod.Download ? $"Run radlab data get {manifest.Id}, or set RADLAB_DATA to a folder that has it; generated texts (synthetic-reports, synthetic-protocols) need no file." : manifest.Acquisition.Instructions;
        throw new DataFormatException($"{manifest.Id}: {candidates[0].Path} is not there. {how}");
    }

    private static IEnumerable<KeyValuePair<string, string>> Generated(PrepareRequest request, GeneratorDefaults generator, ulong seed) =>
        [KeyValuePair.Create("generator", string.Create(CultureInfo.InvariantCulture, $"{generator.Name}, {request.Count ?? generator.Count} records, seed {seed}, templates and vocabulary: {ManifestFields.Kebab(request.Part.ToString())}{(request.Radiologist is { } one ? $", radiologist {one}" : "")}"))];

    private static IEnumerable<ReadResult<Report>> Reports(PrepareRequest request, GeneratorDefaults generator, ulong seed)
    {
        if (generator.Name != SyntheticReports.Source) throw Unknown(request.Manifest, generator);
        return SyntheticReports.Generate(seed, request.Count ?? generator.Count, new SyntheticSettings { Part = request.Part, Radiologist = request.Radiologist }).Select((r, i) => new ReadResult<Report>(r.Report, generator.Name, i + 1));
    }

    private static IEnumerable<ReadResult<ProtocolNote>> Notes(PrepareRequest request, GeneratorDefaults generator, ulong seed, GeneratorParts? parts)
    {
        if (generator.Name == SyntheticProblemLists.Source)
        {
            if (request.Part != SyntheticPart.All) throw new DataRefusedException($"{request.Manifest.Id}: is always made of the whole vocabulary in the kept sentence templates; leave --part away");
            return SyntheticProblemLists.Generate(seed, request.Count ?? generator.Count).Select((n, i) => new ReadResult<ProtocolNote>(n, generator.Name, i + 1));
        }
        if (generator.Name != SyntheticProtocols.Source) throw Unknown(request.Manifest, generator);
        var notes = parts?.Notes() ?? SyntheticProtocols.Generate(seed, request.Count ?? generator.Count, new SyntheticSettings { Part = request.Part });
        return notes.Select((n, i) => new ReadResult<ProtocolNote>(n.Note, generator.Name, i + 1));
    }

    private static DataFormatException Unknown(DataManifest manifest, GeneratorDefaults generator) => new($"{manifest.Id}: there is no generator {generator.Name} for {ManifestFields.Kebab(manifest.Kind.ToString())}");
}
