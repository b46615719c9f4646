namespace RadLab.Radiology;

/// <summary>One study of one patient, before any word is chosen.</summary>
/// <param name="DaysSincePrior">0 for a study without prior.</param>
internal sealed record StudyState(ReportExam Exam, char Sex, int Age, EntitySide Side, ReportReason? Reason, FindingState? FollowUpOf, int DaysSincePrior, IReadOnlyList<FindingState> Findings)
{
    public bool HasPrior => DaysSincePrior > 0;
}

/// <summary>
/// The course of one patient: the first study's findings are drawn, each later study evolves them (stay, grow, shrink, resolve) and may add new ones.
/// It is replayed from the patient's seed for any of its studies, so a comparison is always with what the prior report said.
/// </summary>
internal static class PatientHistory
{
    private const ulong PatientStream = 1, StudyStream = 2;
    private const int DaysToHeal = 28;

    /// <param name="study">0-based; hidden prior studies come before 0.</param>
    public static StudyState At(ulong seed, ulong patient, int study)
    {
        var random = new SeededRandom(seed, PatientStream, patient);
        var exam = ReportExams.Pick(random);
        char sex = exam.Sex != 0 ? exam.Sex : random.Chance(0.5) ? 'F' : 'M';
        int age = Age(exam, random);
        var side = exam.HasSide ? random.Chance(0.5) ? EntitySide.Right : EntitySide.Left : EntitySide.None;
        int hidden = random.Chance(0.4) ? 1 : 0;

        int days = 0;
        StudyState? state = null;
        for (int s = 0; s <= study + hidden; s++)
        {
            var study_ = new SeededRandom(seed, StudyStream, patient * 16 + (ulong)s);
            int since = s == 0 ? 0 : Interval(exam.Interval, study_);
            days += since;
            state = Next(state, exam, sex, Math.Min(age + days / 365, Math.Max(age, 89)), side, since, study_);
        }
        return state!;
    }

    private static StudyState Next(StudyState? prior, ReportExam exam, char sex, int age, EntitySide side, int days, SeededRandom random)
    {
        var findings = new List<FindingState>();
        if (prior is not null)
            foreach (var old in prior.Findings)
                if (!old.Resolved) findings.Add(Evolve(old, days, random));

        var followUp = prior is not null && random.Chance(0.4) ? findings.Find(f => f.Finding.Rank >= 1 && f.Finding.Course is FindingCourse.Acute or FindingCourse.Lesion or FindingCourse.Progressive && f.Certainty == EntityCertainty.Certain) : null;
        var reason = followUp is null ? PickReason(exam, sex, age, random) : null;

        int wanted = Count(exam, prior is not null, random);
        double[] weights = wanted == 0 ? [] : Weights(exam, sex, age, reason, prior is not null);
        for (int tries = 0; wanted > 0 && tries < 12; tries++)
        {
            int pick = PickWeighted(weights, random);
            if (pick < 0) break;
            var (finding, organ) = exam.AllFindings()[pick];
            var drawn = Draw(finding, organ, side, prior is not null, random);
            if (!Fits(drawn, findings)) continue;
            findings.Add(drawn);
            wanted--;
        }
        return new StudyState(exam, sex, age, side, reason, followUp, days, findings);
    }

    private static int Age(ReportExam exam, SeededRandom random)
    {
        // the older half of life has most of the imaging: the larger of two draws, half the time
        int a = random.Between(exam.MinAge, exam.MaxAge), b = random.Between(exam.MinAge, exam.MaxAge);
        return random.Chance(0.5) ? Math.Max(a, b) : a;
    }

    private static int Interval(StudyInterval interval, SeededRandom random) => interval switch
    {
        StudyInterval.Days => random.Between(1, 6),
        StudyInterval.Weeks => 7 * random.Between(1, 12),
        StudyInterval.Months => 30 * random.Between(2, 18),
        _ => 365 * random.Between(1, 6),
    };

    private static int Count(ReportExam exam, bool later, SeededRandom random)
    {
        if (later) return random.Chance(0.35) ? random.Between(1, 2) : 0;
        if (random.Chance(exam.NormalChance)) return 0;
        int count = 1;
        while (count < 7 && random.Chance(1 - 1 / exam.Findings)) count++;
        return count;
    }

    private static ReportReason PickReason(ReportExam exam, char sex, int age, SeededRandom random)
    {
        for (int tries = 0; tries < 20; tries++)
        {
            var reason = random.Pick(exam.Reasons);
            if ((reason.Sex == 0 || reason.Sex == sex) && age >= reason.MinAge && age <= reason.MaxAge && random.Chance(reason.Weight / 5)) return reason;
        }
        return exam.Reasons.First(r => r.Sex == 0 || r.Sex == sex);
    }

    private static double[] Weights(ReportExam exam, char sex, int age, ReportReason? reason, bool later)
    {
        var all = exam.AllFindings();
        double[] weights = new double[all.Length];
        for (int i = 0; i < all.Length; i++)
        {
            var (f, organ) = all[i];
            bool possible = (f.Sex == 0 || f.Sex == sex) && (organ.Sex == 0 || organ.Sex == sex) && age >= f.MinAge && age <= f.MaxAge
                && (f.Contrast is null || f.Contrast == exam.Contrast) && !(later && f.Course is FindingCourse.Chronic or FindingCourse.Fixed);
            if (!possible) continue;
            // what the reason points to is likely, an emergency that it does not point to is rare
            weights[i] = reason is null || reason.Boosts.Length == 0 ? f.Weight : f.IsAny(reason.Boosts) ? f.Weight * 6 : f.Rank == 3 && f.Acute ? f.Weight * 0.25 : f.Weight;
        }
        return weights;
    }

    private static int PickWeighted(double[] weights, SeededRandom random)
    {
        double total = 0;
        foreach (double w in weights) total += w;
        if (total == 0) return -1;
        double at = random.Uniform() * total;
        for (int i = 0; i < weights.Length; i++)
            if ((at -= weights[i]) < 0) return i;
        return Array.FindLastIndex(weights, w => w > 0);
    }

    private static bool Fits(FindingState drawn, List<FindingState> others)
    {
        int same = 0;
        foreach (var other in others)
        {
            if (other.Finding == drawn.Finding)
            {
                if (++same >= drawn.Finding.Most || other.PlaceIndex == drawn.PlaceIndex || other.Resolved) return false;
            }
            else if (drawn.Finding.ConflictsWith(other.Finding)) return false;
            // one sentence per level of the spine
            else if (drawn.Organ.ByPlace && other.Organ == drawn.Organ && other.PlaceIndex == drawn.PlaceIndex) return false;
        }
        return true;
    }

    private static FindingState Draw(ReportFinding finding, ReportOrgan organ, EntitySide examSide, bool later, SeededRandom random)
    {
        var side = finding.Side switch
        {
            FindingSide.Exam => examSide,
            FindingSide.Either => random.Chance(0.5) ? EntitySide.Right : EntitySide.Left,
            FindingSide.EitherOrBoth => random.Below(10) switch { < 4 => EntitySide.Right, < 7 => EntitySide.Left, _ => EntitySide.Both },
            _ => EntitySide.None,
        };
        bool doubtful = random.Chance(finding.Doubt);
        bool diagnosed = finding.Diagnoses.Length > 0;
        int[] traits = new int[finding.Traits.Length];
        for (int i = 0; i < traits.Length; i++) traits[i] = random.Below(finding.Traits[i].Values.Length);
        int[] sizes = finding.Size is { } range && !doubtful ? Diameters(range, random) : [];
        return new FindingState(finding, organ)
        {
            Side = side,
            PlaceIndex = finding.Places.Length == 0 ? -1 : random.Below(finding.Places.Length),
            SizeMm = sizes,
            Grade = finding.Grades.Length == 0 ? -1 : sizes.Length > 0 ? GradeOf(finding, sizes) : random.Below(finding.Grades.Length),
            Traits = traits,
            Kind = finding.HasKinds ? random.Below(finding.NounList.Length) : 0,
            Diagnosis = diagnosed ? Math.Min(random.Below(finding.Diagnoses.Length), random.Below(finding.Diagnoses.Length)) : -1,
            DiagnosisCertainty = random.Below(10) switch { < 3 => EntityCertainty.Certain, < 7 => EntityCertainty.Probable, _ => EntityCertainty.Possible },
            Certainty = doubtful ? EntityCertainty.Possible : EntityCertainty.Certain,
            Change = later && finding.Course != FindingCourse.Fixed ? EntityChange.New : EntityChange.NotCompared,
        };
    }

    private static int[] Diameters(SizeRange range, SeededRandom random)
    {
        int[] sizes = new int[range.Dimensions];
        sizes[0] = random.Chance(0.6) ? random.Between(range.Least, Math.Max(range.Least, (range.Least + range.Most) / 2)) : random.Between(range.Least, range.Most);
        for (int i = 1; i < sizes.Length; i++) sizes[i] = Math.Max(2, sizes[i - 1] * random.Between(60, 95) / 100);
        return sizes;
    }

    private static FindingState Evolve(FindingState old, int days, SeededRandom random)
    {
        var f = old.Finding;
        if (f.Course == FindingCourse.Fixed) return old with { Change = EntityChange.NotCompared };
        // a doubtful injury is not confirmed by the next study
        if (f.Course == FindingCourse.Injury && old.Certainty != EntityCertainty.Certain) return old with { Change = EntityChange.Resolved };
        if (f.Course == FindingCourse.Injury) return old with { Change = EntityChange.Unchanged, Old = old.Old || days >= DaysToHeal, PriorSizeMm = old.SizeMm };
        int dice = random.Below(100);
        // what is acute has gone after a while
        int resolved = days < 14 ? 25 : days < 90 ? 45 : f.Acute && days > 150 ? 100 : 80;
        var change = f.Course switch
        {
            FindingCourse.Acute => dice < resolved ? EntityChange.Resolved : random.Below(10) switch { < 5 => EntityChange.Decreased, < 8 => EntityChange.Unchanged, _ => EntityChange.Increased },
            FindingCourse.Lesion => dice switch { < 66 => EntityChange.Unchanged, < 86 => EntityChange.Increased, < 96 => EntityChange.Decreased, _ => EntityChange.Resolved },
            FindingCourse.Progressive => dice < 72 ? EntityChange.Unchanged : EntityChange.Increased,
            _ => dice < 88 ? EntityChange.Unchanged : EntityChange.Increased,
        };
        // a doubtful observation is either gone or as doubtful as before
        if (old.Certainty != EntityCertainty.Certain && change != EntityChange.Resolved) change = EntityChange.Unchanged;
        if (change is EntityChange.Increased or EntityChange.Decreased && old.SizeMm.Length > 0)
        {
            int[] sizes = Rescale(old.SizeMm, change == EntityChange.Increased ? random.Between(120, 150) : random.Between(55, 82));
            // no growth past what the finding is: then it has stayed
            bool fits = f.Size is { } range && sizes[0] >= Math.Max(2, range.Least / 2) && sizes[0] <= range.Most + range.Most / 4 && Math.Abs(sizes[0] - old.SizeMm[0]) >= 2;
            return fits ? old with { Change = change, SizeMm = sizes, PriorSizeMm = old.SizeMm, Grade = f.Grades.Length == 0 ? -1 : GradeOf(f, sizes) } : old with { Change = EntityChange.Unchanged, PriorSizeMm = old.SizeMm };
        }
        int grade = old.Grade;
        if (grade >= 0)
        {
            // a worse degree is named by the next word; at the end of the scale the change is said, the word stays
            if (change == EntityChange.Increased) grade = Math.Min(grade + 1, f.Grades.Length - 1);
            if (change == EntityChange.Decreased) grade = Math.Max(grade - 1, 0);
        }
        return old with { Change = change, Grade = grade, PriorSizeMm = old.SizeMm };
    }

    // equal parts of the size range
    private static int GradeOf(ReportFinding finding, int[] sizes)
    {
        var range = finding.Size!.Value;
        return Math.Clamp((sizes[0] - range.Least) * finding.Grades.Length / (range.Most - range.Least + 1), 0, finding.Grades.Length - 1);
    }

    private static int[] Rescale(int[] sizes, int percent)
    {
        int[] scaled = new int[sizes.Length];
        for (int i = 0; i < sizes.Length; i++) scaled[i] = Math.Max(1, (sizes[i] * percent + 50) / 100);
        return scaled;
    }
}
