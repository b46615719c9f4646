using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Radiology reports of the project's own grammar and vocabulary for CT, MR, radiography and fluoroscopy, each with its true structure.
/// Record i depends on the seed, i and the settings alone: streaming, resumable, the same from any thread.
/// </summary>
/// <remarks>
/// Records belong to patients: runs of one to <see cref="SyntheticSettings.MaxStudiesPerPatient"/> neighbouring records are one patient's studies in order,
/// compared with each other. The texts are plausible, not true; they are for development, teaching and tests.
/// </remarks>
public static class SyntheticReports
{
    /// <summary>The manifest's id, and every report's source.</summary>
    public const string Source = "synthetic-reports";

    private const ulong BlockStream = 10, TextStream = 11, NoiseStream = 12;
    private const int BlockSize = 16;

    public static IEnumerable<SyntheticReport> Generate(ulong seed, long count, SyntheticSettings? settings = null)
    {
        if (count < 0) throw new ArgumentOutOfRangeException(nameof(count), string.Create(CultureInfo.InvariantCulture, $"SyntheticReports.Generate: count must be at least 0, got {count}."));
        settings ??= SyntheticSettings.Default;
        settings.Check();
        return Records(seed, count, settings);
    }

    /// <param name="index">0-based record number.</param>
    public static SyntheticReport At(ulong seed, long index, SyntheticSettings? settings = null)
    {
        if (index < 0) throw new ArgumentOutOfRangeException(nameof(index), string.Create(CultureInfo.InvariantCulture, $"SyntheticReports.At: index must be at least 0, got {index}."));
        settings ??= SyntheticSettings.Default;
        settings.Check();
        return Write(seed, index, settings).Report;
    }

    /// <summary>The record and the templates that it was made of.</summary>
    internal static (SyntheticReport Report, IReadOnlySet<string> Templates, StudyState State) Write(ulong seed, long index, SyntheticSettings settings)
    {
        var (patient, study) = PatientOf(seed, index, settings.MaxStudiesPerPatient);
        var state = PatientHistory.At(seed, patient, study);
        var random = new SeededRandom(seed, TextStream, (ulong)index);
        var writer = new ReportWriter(state, random, settings.HoldOut, settings.Radiologist is { } radiologist ? new RadiologistHabits(radiologist) : null);
        string findings = writer.Findings();
        string impression = writer.Impression();
        var report = new Report
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{Source}-{seed}-{index}"),
            Source = Source,
            PatientId = settings.PatientIds ? PatientId(seed, patient) : null,
            Modality = state.Exam.Modality,
            Exam = writer.Title(),
            Indication = writer.Indication(),
            Technique = writer.Technique(),
            Comparison = writer.Comparison(),
            Findings = findings,
            Impression = impression,
        };
        var made = new SyntheticReport { Report = report, Entities = writer.Entities, Statements = writer.Statements, Study = study };
        if (settings.NoiseRate > 0) made = ReportNoise.Add(made, settings.NoiseRate, new SeededRandom(seed, NoiseStream, (ulong)index));
        return (made, writer.Used, state);
    }

    private static IEnumerable<SyntheticReport> Records(ulong seed, long count, SyntheticSettings settings)
    {
        for (long i = 0; i < count; i++) yield return Write(seed, i, settings).Report;
    }

    // A block of 16 records is shared out among patients by the block's own numbers, so any record's patient is found without its predecessors.
    private static (ulong Patient, int Study) PatientOf(ulong seed, long index, int most)
    {
        if (most == 1) return ((ulong)index, 0);
        var random = new SeededRandom(seed, BlockStream, (ulong)(index / BlockSize));
        int offset = (int)(index % BlockSize);
        for (int at = 0, patient = 0; ; patient++)
        {
            // half of the patients come once
            int studies = Math.Min(random.Chance(0.5) ? 1 : random.Between(2, most), BlockSize - at);
            if (offset < at + studies) return ((ulong)(index / BlockSize * BlockSize + patient), offset - at);
            at += studies;
        }
    }

    // Ten digits, no two patients alike: multiplication by a number coprime to 10^10, then an offset by seed.
    private static string PatientId(ulong seed, ulong patient)
    {
        const ulong Range = 10_000_000_000;
        ulong mixed = (ulong)((UInt128)patient * 7_364_718_649 % Range);
        return string.Create(CultureInfo.InvariantCulture, $"SYN-{(mixed + SeededRandom.Hash(seed.ToString(CultureInfo.InvariantCulture)) % Range) % Range:D10}");
    }
}
