using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RadLab.Radiology;

/// <param name="ProcessorSeconds">Summed over all threads: what a busy machine does not change much.</param>
/// <param name="Kept">Reports that came through.</param>
public sealed record PipelineBenchResult(double Seconds, double ProcessorSeconds, long Kept, int Threads);

/// <summary>Measures the streaming half of a preparation on a file of free-text reports.</summary>
public static class PipelineBench
{
    private static readonly DataFile s_description = new()
    {
        Path = "reports.jsonl",
        Role = "reports",
        Format = "jsonl",
        Digests = [new NamedDigest("full", null, null, null, null)],
        Columns = [new DataColumn("id", ColumnRoles.Id, "number"), new DataColumn("patient", ColumnRoles.Patient, "patient"), new DataColumn("text", ColumnRoles.Text, "the whole report")],
    };

    // leaves about 60 words a report
    private const int MostWords = 77;

    /// <summary>Writes generated reports as whole texts, the shorter ones, so that they have about 60 words.</summary>
    public static (long Reports, double Words) Generate(string path, long count, ulong seed = 17)
    {
        long words = 0, written = 0;
        using (var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 256 << 10))
            foreach (var made in SyntheticReports.Generate(seed, long.MaxValue))
            {
                if (written == count) break;
                var r = made.Report;
                var text = new StringBuilder(800);
                text.Append("EXAM: ").Append(r.Exam).Append("\nINDICATION: ").Append(r.Indication);
                if (r.Comparison.Length > 0) text.Append("\nCOMPARISON: ").Append(r.Comparison);
                text.Append("\nFINDINGS: ").Append(r.Findings).Append("\nIMPRESSION: ").Append(r.Impression);
                string whole = text.ToString();
                int length = Words(whole);
                if (length > MostWords) continue;
                words += length;
                written++;
                stream.Write(PreparedWriter.Line(json =>
                {
                    json.WriteString("id", r.Id);
                    json.WriteString("patient", r.PatientId);
                    json.WriteString("text", whole);
                }));
                stream.WriteByte((byte)'\n');
            }
        return (count, words / (double)count);
    }

    /// <summary>Reports and words of a file that <see cref="Generate"/> wrote.</summary>
    public static (long Reports, double Words) Count(string path)
    {
        long reports = 0, words = 0;
        foreach (var result in DataReaders.Reports(path, s_description, "bench"))
        {
            reports++;
            words += Words(result.Value?.Text ?? "");
        }
        return (reports, words / (double)Math.Max(1, reports));
    }

    /// <summary>Read, sections, cleaning, de-identification, exact duplicates, spool. The time includes reading and writing.</summary>
    public static PipelineBenchResult Run(string path, string folder, int threads, CancellationToken cancellation = default)
    {
        var options = new PreparationOptions { Salt = "bench", Threads = threads };
        Directory.CreateDirectory(folder);
        var pass = new FirstPass<Report>(new ReportKind(), [new SectionStep(), new CleaningStep(), new DeidentificationStep(new Deidentifier(new DeidentificationSettings()))], options, new PatientSplit(options.Salt));
        var processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        using (var spool = new PreparedWriter(folder, Spool.Name))
        using (var audit = new PreparedWriter(folder, "audit.jsonl"))
        {
            pass.Run(DataReaders.Reports(path, s_description, "bench"), spool, audit, null, null, cancellation);
            spool.Close();
            audit.Close();
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, processorSeconds = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        if (pass.Read != pass.Kept + pass.Counts.Sum(c => c.In - c.Out)) throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"bench: {pass.Read} reports read, {pass.Kept} kept; the counts do not add up"));
        return new PipelineBenchResult(seconds, processorSeconds, pass.Kept, options.ThreadCount);
    }

    private static int Words(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (char c in text)
        {
            bool letter = c > ' ';
            if (letter && !inside) words++;
            inside = letter;
        }
        return words;
    }
}
