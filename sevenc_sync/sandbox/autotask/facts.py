"""Facts of the vendor's entities by collection, one `name:type` each: what a record holds and what a query may name.

Types: int, long, num, bool, str (with its greatest length), dt (date-time), udf (the list of own fields). `*` marks
what a new record needs, `^` a picklist. From the vendor's interface description of 2026; needs, lengths and picklists
from its field metadata of 2023.
"""

from collections.abc import Mapping

RECORDS: Mapping[str, str] = {
    "Products": (
        "id:long billingType:int chargeBillingCodeID:int createdByResourceID:int createdTime:dt "
        "defaultVendorID:int description:str doesNotRequireProcurement:bool externalProductID:str "
        "impersonatorCreatorResourceID:int internalProductID:str isActive:bool isEligibleForRma:bool "
        "isSerialized:bool link:str manufacturerName:str manufacturerProductName:str markupRate:num "
        "msrp:num name:str periodType:int priceCostMethod:int productBillingCodeID:int productCategory:int "
        "sku:str unitCost:num unitPrice:num vendorProductNumber:str defaultInstalledProductCategoryID:int "
        "userDefinedFields:udf"
    ),
    "Companies": (
        "id:long additionalAddressInformation:str(100) address1:str(128) address2:str(128) "
        "alternatePhone1:str(25) alternatePhone2:str(25) apiVendorID:int^ assetValue:num "
        "billToCompanyLocationID:int billToAdditionalAddressInformation:str(100) billingAddress1:str(150) "
        "billingAddress2:str(150) billToAddressToUse:int^ billToAttention:str(50) billToCity:str(50) "
        "billToCountryID:int billToState:str(128) billToZipCode:str(50) city:str(30) classification:int^ "
        "companyCategoryID:int companyName*:str(100) companyNumber:str(50) companyType*:int^ "
        "competitorID:int^ countryID:int createDate:dt createdByResourceID:int currencyID:int fax:str(25) "
        "impersonatorCreatorResourceID:int invoiceEmailMessageID:int invoiceMethod:int^ "
        "invoiceNonContractItemsToParentCompany:bool invoiceTemplateID:int isActive:bool "
        "isClientPortalActive:bool isEnabledForComanaged:bool isSample:bool isTaskFireActive:bool "
        "isTaxExempt:bool lastActivityDate:dt lastTrackedModifiedDateTime:dt marketSegmentID:int^ "
        "ownerResourceID*:int parentCompanyID:int phone*:str(25) postalCode:str(10) "
        "purchaseOrderTemplateID:int^ quoteEmailMessageID:int quoteTemplateID:int sicCode:str(32) "
        "state:str(40) stockMarket:str(10) stockSymbol:str(10) surveyCompanyRating:num taxID:str(50) "
        "taxRegionID:int territoryID:int^ webAddress:str(255) userDefinedFields:udf"
    ),
    "CompanyNotes": (
        "id:long actionType*:int^ assignedResourceID*:int companyID*:int completedDateTime:dt contactID:int "
        "createDateTime:dt endDateTime*:dt impersonatorCreatorResourceID:int "
        "impersonatorUpdaterResourceID:int lastModifiedDate:dt name:str(128) note:str(32000) "
        "opportunityID:int startDateTime*:dt"
    ),
    "CompanyToDos": (
        "id:long actionType*:int^ activityDescription:str(32000) assignedToResourceID*:long companyID*:long "
        "completedDate:dt contactID:long contractID:long createDateTime:dt creatorResourceID:long "
        "endDateTime*:dt impersonatorCreatorResourceID:int lastModifiedDate:dt opportunityID:long "
        "startDateTime*:dt ticketID:long"
    ),
    "CompanyLocations": (
        "id:long address1:str address2:str alternatePhone1:str alternatePhone2:str city:str companyID:int "
        "countryID:int description:str fax:str isActive:bool isPrimary:bool isTaxExempt:bool "
        "overrideCompanyTaxSettings:bool name:str phone:str postalCode:str roundtripDistance:num state:str "
        "taxRegionID:int"
    ),
    "Contacts": (
        "id:long additionalAddressInformation:str(100) addressLine:str(128) addressLine1:str(128) "
        "alternatePhone:str(32) apiVendorID:int^ bulkEmailOptOutTime:dt city:str(32) companyID*:int "
        "companyLocationID:int countryID:int createDate:dt emailAddress:str(254) emailAddress2:str(254) "
        "emailAddress3:str(254) extension:str(10) externalID:str(50) facebookUrl:str(200) faxNumber:str(25) "
        "firstName*:str(50) impersonatorCreatorResourceID:int isActive*:int isOptedOutFromBulkEmail:bool "
        "lastActivityDate:dt lastModifiedDate:dt lastName*:str(50) linkedInUrl:str(200) "
        "middleInitial:str(50) mobilePhone:str(25) namePrefix:int^ nameSuffix:int^ note:str(50) "
        "receivesEmailNotifications:bool phone:str(25) primaryContact:bool billingContact:bool "
        "roomNumber:str(50) solicitationOptOut:bool solicitationOptOutTime:dt state:str(40) "
        "surveyOptOut:bool title:str(50) twitterUrl:str(200) zipCode:str(16) userDefinedFields:udf"
    ),
    "Tickets": (
        "id:long apiVendorID:int^ assignedResourceID:int assignedResourceRoleID:int billingCodeID:int "
        "changeApprovalBoard:int^ changeApprovalStatus:int^ changeApprovalType:int^ "
        "changeInfoField1:str(8000) changeInfoField2:str(8000) changeInfoField3:str(8000) "
        "changeInfoField4:str(8000) changeInfoField5:str(8000) companyID*:int companyLocationID:int "
        "completedByResourceID:int completedDate:dt configurationItemID:int contactID:int contractID:int "
        "contractServiceBundleID:long contractServiceID:long createDate:dt createdByContactID:int "
        "creatorResourceID:int creatorType:int^ currentServiceThermometerRating:int^ description:str(8000) "
        "dueDateTime:dt estimatedHours:num externalID:str(50) firstResponseAssignedResourceID:int "
        "firstResponseDateTime:dt firstResponseDueDateTime:dt firstResponseInitiatingResourceID:int "
        "hoursToBeScheduled:num impersonatorCreatorResourceID:int isAssignedToComanaged:bool issueType:int^ "
        "isVisibleToComanaged:bool lastActivityDate:dt lastActivityPersonType:int^ "
        "lastActivityResourceID:int lastCustomerNotificationDateTime:dt "
        "lastCustomerVisibleActivityDateTime:dt lastTrackedModificationDateTime:dt monitorID:long "
        "monitorTypeID:int^ opportunityID:int organizationalLevelAssociationID:int "
        "previousServiceThermometerRating:int^ priority*:int^ problemTicketId:int projectID:int "
        "purchaseOrderNumber:str(50) queueID:int^ resolution:str(32000) resolutionPlanDateTime:dt "
        "resolutionPlanDueDateTime:dt resolvedDateTime:dt resolvedDueDateTime:dt rmaStatus:int^ "
        "rmaType:int^ rmmAlertID:str(50) serviceLevelAgreementHasBeenMet:bool serviceLevelAgreementID:int^ "
        "serviceLevelAgreementPausedNextEventHours:num serviceThermometerTemperature:int source:int^ "
        "status*:int^ subIssueType:int^ ticketCategory:int^ ticketNumber:str(50) ticketType:int^ "
        "title*:str(255) userDefinedFields:udf"
    ),
    "TicketNotes": (
        "id:long createDateTime:dt createdByContactID:int creatorResourceID:int description*:str(32000) "
        "impersonatorCreatorResourceID:int impersonatorUpdaterResourceID:int lastActivityDate:dt "
        "noteType*:int^ publish*:int^ ticketID*:int title:str(250)"
    ),
    "TicketCategories": (
        "id:long displayColorRGB:int isActive:bool isApiOnly:bool isGlobalDefault:bool name:str nickname:str"
    ),
    "ConfigurationItems": (
        "id:long apiVendorID:int^ configurationItemCategoryID:int companyID*:int companyLocationID:int "
        "configurationItemType:int^ contactID:int contractID:int contractServiceBundleID:int "
        "contractServiceID:int createDate:dt createdByPersonID:int dailyCost:num "
        "dattoAvailableKilobytes:long dattoDeviceMemoryMegabytes:int dattoDrivesErrors:bool "
        "dattoHostname:str(255) dattoInternalIP:str(255) dattoKernelVersionID:int^ "
        "dattoLastCheckInDateTime:dt dattoNICSpeedKilobitsPerSecond:int dattoNumberOfAgents:int "
        "dattoNumberOfDrives:int dattoNumberOfVolumes:int dattoOffsiteUsedBytes:long dattoOSVersionID:int^ "
        "dattoPercentageUsed:num dattoProtectedKilobytes:long dattoRemoteIP:str(255) "
        "dattoSerialNumber:str(100) dattoUptimeSeconds:int dattoUsedKilobytes:long dattoZFSVersionID:int^ "
        "deviceNetworkingID:str(100) domain:str domainRegistrarID:int domainRegistrationDateTime:dt "
        "domainLastUpdatedDateTime:dt domainExpirationDateTime:dt hourlyCost:num "
        "impersonatorCreatorResourceID:int installDate:dt installedByContactID:int installedByID:int "
        "isActive*:bool lastActivityPersonID:int lastActivityPersonType:int^ lastModifiedTime:dt "
        "location:str(100) monthlyCost:num notes:str(5000) numberOfUsers:num parentConfigurationItemID:int "
        "perUseCost:num productID*:int referenceNumber:str(100) referenceTitle:str(200) "
        "rmmDeviceAuditAntivirusStatusID:int^ rmmDeviceAuditArchitectureID:int^ "
        "rmmDeviceAuditBackupStatusID:int^ rmmDeviceAuditDescription:str(255) "
        "rmmDeviceAuditDeviceTypeID:int^ rmmDeviceAuditDisplayAdaptorID:int^ rmmDeviceAuditDomainID:int^ "
        "rmmDeviceAuditExternalIPAddress:str(255) rmmDeviceAuditHostname:str(255) "
        "rmmDeviceAuditIPAddress:str(255) rmmDeviceAuditLastUser:str(50) rmmDeviceAuditMacAddress:str(255) "
        "rmmDeviceAuditManufacturerID:int^ rmmDeviceAuditFirmwareID:int rmmDeviceAuditMemoryBytes:long "
        "rmmDeviceAuditMissingPatchCount:int rmmDeviceAuditMobileNetworkOperatorID:int^ "
        "rmmDeviceAuditMobileNumber:str(255) rmmDeviceAuditModelID:int^ rmmDeviceAuditMotherboardID:int^ "
        "rmmDeviceAuditOperatingSystem:str(255) rmmDeviceAuditPatchStatusID:int^ "
        "rmmDeviceAuditProcessorID:int^ rmmDeviceAuditServicePackID:int^ rmmDeviceAuditSNMPContact:str(255) "
        "rmmDeviceAuditSNMPLocation:str(255) rmmDeviceAuditSNMPName:str(255) "
        "rmmDeviceAuditSoftwareStatusID:int^ rmmDeviceAuditStorageBytes:long rmmDeviceID:long "
        "rmmDeviceUID:str(255) rmmVsaxDeviceID:str rmmOpenAlertCount:int serialNumber:str(100) "
        "serviceBundleID:int serviceID:int serviceLevelAgreementID:int^ setupFee:num sourceChargeID:int "
        "sourceChargeType:int sslSource:str sslCommonName:str sslValidFromDateTime:dt "
        "sslValidUntilDateTime:dt sslIssuedBy:str sslOrganization:str sslOrganizationUnit:str "
        "sslLocation:str sslSerialNumber:str sslSignatureAlgorithm:str vendorID:int "
        "warrantyExpirationDate:dt rmmIsInMaintenanceMode:bool rmmIsMobileDeviceManagementEnrolled:bool "
        "rmmDeviceUrl:str userDefinedFields:udf"
    ),
    "ConfigurationItemTypes": ("id:long isActive*:bool name*:str(100)"),
    "ConfigurationItemCategories": (
        "id:long displayColorRGB*:int^ isActive*:bool isClientPortalDefault:bool isGlobalDefault:bool "
        "name*:str(100) nickname:str(3)"
    ),
    "Contracts": (
        "id:long billingPreference:int^ billToCompanyContactID:int billToCompanyID:int companyID*:int "
        "contactID:int contactName:str(250) contractCategory:int^ contractExclusionSetID:int "
        "contractName*:str(100) contractNumber:str(50) contractPeriodType:int^ contractType*:int^ "
        "description:str(2000) endDate*:dt estimatedCost:num estimatedHours:num estimatedRevenue:num "
        "exclusionContractID:long internalCurrencyOverageBillingRate:num internalCurrencySetupFee:num "
        "isCompliant:bool isDefaultContract:bool lastModifiedDateTime:dt opportunityID:int "
        "organizationalLevelAssociationID:int overageBillingRate:num purchaseOrderNumber:str(50) "
        "renewedContractID:long serviceLevelAgreementID:int^ setupFee:num setupFeeBillingCodeID:long "
        "startDate*:dt status*:int^ timeReportingRequiresStartAndStopTimes*:int^ userDefinedFields:udf"
    ),
    "ContractServices": (
        "id:long contractID*:int internalCurrencyAdjustedPrice:num internalCurrencyUnitPrice:num "
        "internalDescription:str(100) invoiceDescription:str(1000) quoteItemID:long serviceID*:int "
        "unitCost:num unitPrice:num"
    ),
    "ContractServiceUnits": (
        "id:long approveAndPostDate:dt contractID:int contractServiceID:int cost:num endDate:dt "
        "internalCurrencyPrice:num organizationalLevelAssociationID:int price:num serviceID:int "
        "startDate:dt units:int vendorCompanyID:int"
    ),
    "ContractServiceBundles": (
        "id:long adjustedPrice:num contractID*:int internalCurrencyAdjustedPrice:num "
        "internalCurrencyUnitPrice:num internalDescription:str(100) invoiceDescription:str(1000) "
        "quoteItemID:long serviceBundleID*:int unitPrice:num"
    ),
    "ContractServiceBundleUnits": (
        "id:long approveAndPostDate:dt contractID:int contractServiceBundleID:int cost:num endDate:dt "
        "internalCurrencyPrice:num organizationalLevelAssociationID:int price:num serviceBundleID:int "
        "startDate:dt units:int"
    ),
    "ContractBlocks": (
        "id:long contractID:int datePurchased:dt endDate:dt hourlyRate:num hours:num hoursApproved:num "
        "invoiceNumber:str isPaid:bool paymentNumber:str paymentType:int startDate:dt status:int"
    ),
    "Services": (
        "id:long billingCodeID*:int createDate:dt creatorResourceID:int description:str(400) "
        "invoiceDescription:str(1000) isActive:bool lastModifiedDate:dt markupRate:num name*:str(150) "
        "periodType*:int^ serviceLevelAgreementID:long^ unitCost:num unitPrice*:num updateResourceID:int "
        "vendorCompanyID:int manufacturerServiceProvider:str manufacturerServiceProviderProductNumber:str "
        "catalogNumberPartNumber:str sku:str internalID:str externalID:str url:str userDefinedFields:udf"
    ),
    "ServiceBundles": (
        "id:long billingCodeID*:int createDate:dt creatorResourceID:int description:str(200) "
        "invoiceDescription:str(1000) isActive:bool lastModifiedDate:dt name*:str(150) "
        "percentageDiscount:num periodType*:int^ serviceLevelAgreementID:long^ unitCost:num "
        "unitDiscount:num unitPrice:num updateResourceID:int manufacturerServiceProvider:str "
        "manufacturerServiceProviderProductNumber:str catalogNumberPartNumber:str sku:str internalID:str "
        "externalID:str url:str userDefinedFields:udf"
    ),
    "ServiceBundleServices": ("id:long serviceBundleID:long serviceID:long"),
    "Projects": (
        "id:long actualBilledHours:num actualHours:num changeOrdersBudget:num changeOrdersRevenue:num "
        "companyID*:int companyOwnerResourceID:int completedDateTime:dt completedPercentage:int "
        "contractID:int createDateTime:dt creatorResourceID:int department:int^ description:str(8000) "
        "duration:int endDateTime*:dt estimatedSalesCost:num estimatedTime:num extProjectNumber:str(50) "
        "extProjectType:int impersonatorCreatorResourceID:int laborEstimatedCosts:num "
        "laborEstimatedMarginPercentage:num laborEstimatedRevenue:num lastActivityDateTime:dt "
        "lastActivityPersonType:int lastActivityResourceID:int opportunityID:int "
        "organizationalLevelAssociationID:int originalEstimatedRevenue:num "
        "projectCostEstimatedMarginPercentage:num projectCostsBudget:num projectCostsRevenue:num "
        "projectLeadResourceID:int projectName*:str(100) projectNumber:str(50) projectType*:int^ "
        "purchaseOrderNumber:str(50) sgda:num startDateTime*:dt status*:int^ statusDateTime:dt "
        "statusDetail:str(2000) userDefinedFields:udf"
    ),
    "Phases": (
        "id:long createDate:dt creatorResourceID:int description:str(8000) dueDate:dt estimatedHours:num "
        "externalID:str(50) isScheduled:bool lastActivityDateTime:dt parentPhaseID:int phaseNumber:str(50) "
        "projectID*:int startDate:dt title*:str(255)"
    ),
    "Tasks": (
        "id:long assignedResourceID:int assignedResourceRoleID:int billingCodeID:int "
        "canClientPortalUserCompleteTask:bool companyLocationID:int completedByResourceID:int "
        "completedByType:int^ completedDateTime:dt createDateTime:dt creatorResourceID:int creatorType:int^ "
        "departmentID:int^ description:str(8000) endDateTime:dt estimatedHours:num externalID:str(50) "
        "hoursToBeScheduled:num isTaskBillable:bool isVisibleInClientPortal:bool lastActivityDateTime:dt "
        "lastActivityPersonType:int^ lastActivityResourceID:int phaseID:int priority:int priorityLabel:int^ "
        "projectID*:int purchaseOrderNumber:str(50) remainingHours:num startDateTime:dt status*:int^ "
        "taskCategoryID:int^ taskNumber:str(50) taskType*:int^ title*:str(255) userDefinedFields:udf"
    ),
    "TimeEntries": (
        "id:long billingApprovalDateTime:dt billingApprovalLevelMostRecent:int "
        "billingApprovalResourceID:int billingCodeID:int contractID:int contractServiceBundleID:long "
        "contractServiceID:long createDateTime:dt creatorUserID:int dateWorked:dt endDateTime:dt "
        "hoursToBill:num hoursWorked:num impersonatorCreatorResourceID:int "
        "impersonatorUpdaterResourceID:int internalBillingCodeID:int internalNotes:str(32000) "
        "isInternalNotesVisibleToComanaged:bool isNonBillable:bool lastModifiedDateTime:dt "
        "lastModifiedUserID:int offsetHours:num resourceID*:int roleID:int showOnInvoice:bool "
        "startDateTime:dt summaryNotes:str(32000) taskID:int ticketID:int timeEntryType:int^"
    ),
    "Resources": (
        "id:long accountingReferenceID:str(100) dateFormat:str^ defaultServiceDeskRoleID:long "
        "email:str(254) email2:str(254) email3:str(254) emailTypeCode:str^ emailTypeCode2:str^ "
        "emailTypeCode3:str^ firstName:str(50) gender:str^ greeting:int^ hireDate:dt homePhone:str(25) "
        "initials:str(32) internalCost:num isActive:bool lastName:str(50) licenseType:int^ locationID:int^ "
        "middleName:str(50) mobilePhone:str(25) numberFormat:str^ officeExtension:str(10) "
        "officePhone:str(25) payrollIdentifier:str payrollType:int^ resourceType:str^ suffix:int^ "
        "surveyResourceRating:num timeFormat:str^ title:str(50) travelAvailabilityPct:str^ userName:str(32) "
        "userType:int^"
    ),
    "ResourceRoles": ("id:long departmentID:long isActive:bool queueID:long resourceID:long roleID:long"),
    "Departments": ("id:long description:str(1000) name*:str(100) number:str(50) primaryLocationID*:int"),
    "Roles": (
        "id:long description:str(200) hourlyFactor*:num hourlyRate*:num isActive*:bool "
        "isExcludedFromNewContracts:bool isSystemRole:bool name*:str(200) quoteItemDefaultTaxCategoryId:int "
        "roleType:int"
    ),
    "DeletedTicketLogs": (
        "id:long ticketID:int ticketNumber:str(50) ticketTitle:str(255) deletedByResourceID:int "
        "deletedDateTime:dt"
    ),
    "DeletedTicketActivityLogs": (
        "id:long typeID:int^ ticketID:int ticketNumber:str(50) noteOrAttachmentTitle:str(255) "
        "createdByResourceID:int activityDateTime:dt startDateTime:dt endDateTime:dt hoursWorked:num "
        "deletedByResourceID:int deletedDateTime:dt"
    ),
    "BillingCodes": (
        "id:long afterHoursWorkType:int billingCodeType:int^ department:int description:str(500) "
        "externalNumber:str(100) generalLedgerAccount:int isActive:bool isExcludedFromNewContracts:bool "
        "markupRate:num name:str(200) taxCategoryID:int unitCost:num unitPrice:num useType:int^"
    ),
    "ActionTypes": ("id:long name*:str(32) isActive*:bool isSystemActionType:bool view*:int^"),
    "ServiceLevelAgreementResults": (
        "id:long firstResponseElapsedHours:num firstResponseInitiatingResourceID:int "
        "firstResponseResourceID:int isFirstResponseMet:bool isResolutionMet:bool isResolutionPlanMet:bool "
        "resolutionElapsedHours:num resolutionPlanElapsedHours:num resolutionPlanResourceID:int "
        "resolutionResourceID:int serviceLevelAgreementName:str(100) ticketID:int"
    ),
}
"""Collections and their fields."""

ENTITIES: Mapping[str, str] = {
    "Products": "Product",
    "Companies": "Company",
    "CompanyNotes": "CompanyNote",
    "CompanyToDos": "CompanyToDo",
    "CompanyLocations": "CompanyLocation",
    "Contacts": "Contact",
    "Tickets": "Ticket",
    "TicketNotes": "TicketNote",
    "TicketCategories": "TicketCategory",
    "ConfigurationItems": "ConfigurationItem",
    "ConfigurationItemTypes": "ConfigurationItemType",
    "ConfigurationItemCategories": "ConfigurationItemCategory",
    "Contracts": "Contract",
    "ContractServices": "ContractService",
    "ContractServiceUnits": "ContractServiceUnit",
    "ContractServiceBundles": "ContractServiceBundle",
    "ContractServiceBundleUnits": "ContractServiceBundleUnit",
    "ContractBlocks": "ContractBlock",
    "Services": "Service",
    "ServiceBundles": "ServiceBundle",
    "ServiceBundleServices": "ServiceBundleService",
    "Projects": "Project",
    "Phases": "Phase",
    "Tasks": "Task",
    "TimeEntries": "TimeEntry",
    "Resources": "Resource",
    "ResourceRoles": "ResourceRole",
    "Departments": "Department",
    "Roles": "Role",
    "DeletedTicketLogs": "DeletedTicketLog",
    "DeletedTicketActivityLogs": "DeletedTicketActivityLog",
    "BillingCodes": "BillingCode",
    "ActionTypes": "ActionType",
    "ServiceLevelAgreementResults": "ServiceLevelAgreementResults",
}
"""Collection to the name of its entity."""

REFERENCES: Mapping[str, str] = {
    "actionTypeID": "ActionTypes", "assignedResourceID": "Resources", "assignedResourceRoleID": "Roles",
    "assignedToResourceID": "Resources",
    "billingCodeID": "BillingCodes", "companyID": "Companies", "companyLocationID": "CompanyLocations",
    "companyOwnerResourceID": "Resources", "completedByResourceID": "Resources",
    "configurationItemCategoryID": "ConfigurationItemCategories", "configurationItemID": "ConfigurationItems",
    "contactID": "Contacts", "contractID": "Contracts", "contractServiceID": "ContractServices",
    "createdByResourceID": "Resources", "creatorResourceID": "Resources", "departmentID": "Departments",
    "deletedByResourceID": "Resources", "firstResponseResourceID": "Resources",
    "impersonatorCreatorResourceID": "Resources", "lastActivityResourceID": "Resources",
    "ownerResourceID": "Resources", "parentCompanyID": "Companies", "parentPhaseID": "Phases",
    "phaseID": "Phases", "productID": "Products", "projectID": "Projects", "projectLeadResourceID": "Resources",
    "resolutionResourceID": "Resources", "resourceID": "Resources", "roleID": "Roles",
    "serviceBundleID": "ServiceBundles", "serviceID": "Services", "taskID": "Tasks", "ticketID": "Tickets",
    "vendorCompanyID": "Companies",
}  # fmt: skip
"""Field to the collection that its number points into."""

NOT_QUERYABLE: Mapping[str, frozenset[str]] = {
    "Tickets": frozenset({"creatorType", "lastActivityPersonType"}),
    "Companies": frozenset({"assetValue", "sicCode", "stockMarket", "stockSymbol"}),
}
"""Fields that records hold and no query may name."""

CHANGED: Mapping[str, tuple[str, ...]] = {
    "Companies": ("lastActivityDate", "lastTrackedModifiedDateTime"),
    "Tickets": ("lastActivityDate", "lastTrackedModificationDateTime"), "TicketNotes": ("lastActivityDate",),
    "Contacts": ("lastModifiedDate", "lastActivityDate"), "CompanyNotes": ("lastModifiedDate",),
    "CompanyToDos": ("lastModifiedDate",),
    "ConfigurationItems": ("lastModifiedTime",), "Contracts": ("lastModifiedDateTime",),
    "Services": ("lastModifiedDate",), "ServiceBundles": ("lastModifiedDate",),
    "Projects": ("lastActivityDateTime",), "Phases": ("lastActivityDateTime",),
    "Tasks": ("lastActivityDateTime",), "TimeEntries": ("lastModifiedDateTime",),
}  # fmt: skip
"""Collection to the fields that move when a record changes; those not named have none."""
